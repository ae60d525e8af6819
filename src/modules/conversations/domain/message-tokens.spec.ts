import { describe, expect, it } from 'vitest';
import { messageTokens } from './message-tokens.js';
import { Message } from './message.js';

const ARGUMENTS = { path: 'a.ts', content: 'x'.repeat(100_000) };

const CASES: [string, Partial<Message>, number][] = [
  ['its text', { content: 'x'.repeat(350) }, 104],
  ['of a user no more than the model is shown', { role: 'user', content: 'x'.repeat(700_000) }, 14_290],
  ['the note that the model is told with it', { note: 'x'.repeat(348) }, 104],
  ['characters beyond ASCII, each by itself', { content: '漢'.repeat(350) }, 354],
  [
    'the arguments of its calls',
    { toolCalls: [{ callId: 'c', toolName: 'write_file', arguments: ARGUMENTS }] },
    28_591,
  ],
  [
    'the fields that go back to the model, which repeat the text of its reasoning',
    { reasoning: { provider: 'p', model: 'm', text: 'x'.repeat(700), opaque: { items: ['x'.repeat(700)] } } },
    208,
  ],
  [
    'the text of its reasoning, where a field is named for it',
    { reasoning: { provider: 'p', model: 'm', text: 'x'.repeat(700), opaque: { textField: 'reasoning' } } },
    204,
  ],
];

describe('the tokens of a message', () => {
  it.each(CASES)('count %s', (_, given, tokens) => {
    const nothing = { id: 'm', content: '', note: null, toolCalls: [], reasoning: null };
    expect(messageTokens({ ...nothing, role: 'assistant', ...given })).toBe(tokens);
  });
});
