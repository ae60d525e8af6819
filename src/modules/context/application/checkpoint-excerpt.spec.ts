import { describe, expect, it } from 'vitest';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { Message, newMessage } from '../../conversations/index.js';
import { Excerpt } from './checkpoint-excerpt.js';

const message = (position: number, given: Partial<Message>): Message => ({
  ...newMessage({ id: 'm', sessionId: 's', role: 'user', content: '', createdAt: new Date(0) }),
  position,
  tokens: null,
  ...given,
});

function excerptOf(
  messages: readonly Message[],
  { maxTokens = 1_000, base }: { maxTokens?: number; base?: string } = {},
) {
  const excerpt = new Excerpt(base, maxTokens);
  for (const each of messages) excerpt.add(each);
  const text = excerpt.write();
  expect(estimatedTokens(text)).toBeLessThanOrEqual(maxTokens);
  return text;
}

describe('an excerpt', () => {
  it('keeps the notes so far, and what the user said word for word', () => {
    const text = excerptOf(
      [message(1, { content: 'Use tabs.' }), message(2, { content: 'And no semicolons.' })],
      {
        base: '## Goal\nThe first task.',
      },
    );
    expect(text).toContain('The first task.');
    expect(text).toContain('#1: Use tabs.\n\n#2: And no semicolons.');
  });

  it('keeps the first and the newest of many messages of the user, and says how many it leaves out', () => {
    const text = excerptOf(
      Array.from({ length: 500 }, (_, n) => message(n + 1, { content: `Wish ${n + 1}` })),
    );
    expect(text).toContain('#1: Wish 1\n');
    expect(text).toContain('#500: Wish 500');
    expect(text).toMatch(/\(\d+ messages are left out here\.\)/);
  });

  it('keeps the newest of the paths that were changed, each once', () => {
    const wrote = (position: number, path: unknown, toolName = 'write_file') =>
      message(position, {
        role: 'assistant',
        toolCalls: [{ callId: 'c', toolName, arguments: { path } as never }],
      });
    const text = excerptOf([
      wrote(1, 'a.ts'),
      wrote(2, 'b.ts'),
      wrote(3, 'a.ts'),
      wrote(4, 'read.ts', 'read_file'),
      wrote(5, 7),
    ]);
    expect(text).toContain('## Files that were changed\n- b.ts\n- a.ts\n\n');
  });

  it.each([
    ['one endless message', [message(1, { content: 'я'.repeat(1_000_000) })]],
    [
      'one endless path',
      [
        message(1, {
          role: 'assistant',
          toolCalls: [{ callId: 'c', toolName: 'write_file', arguments: { path: 'x'.repeat(100_000) } }],
        }),
      ],
    ],
    ['nothing at all', []],
    [
      'a thousand answers',
      Array.from({ length: 1_000 }, (_, n) =>
        message(n + 1, { role: 'tool', callId: `${n}`, content: 'x'.repeat(50_000) }),
      ),
    ],
  ])('of %s is within the limit', (_what, messages) => {
    excerptOf(messages, { maxTokens: 500, base: 'n'.repeat(100_000) });
  });
});
