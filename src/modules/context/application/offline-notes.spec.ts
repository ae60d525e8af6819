import { describe, expect, it } from 'vitest';
import { answerOffline } from '../../../offline-model/answers.js';
import { Message, MessageText, newMessage, notesOf, quoted } from '../../conversations/index.js';
import { askForCheckpoint, askForNotes } from './checkpoint-prompt.js';

type Said = Partial<Message> & Pick<Message, 'role'>;

const SESSION: Said[] = [
  { role: 'user', content: 'Create hello.py that prints hello' },
  {
    role: 'assistant',
    content: 'I will write it.',
    toolCalls: [{ callId: 'c', toolName: 'write_file', arguments: { path: 'hello.py' } }],
  },
  { role: 'tool', callId: 'c', content: 'written' },
  { role: 'assistant', content: 'Created hello.py.' },
];

/** Messages as the runtime formats them for a model. */
function wordingOf(said: readonly Said[]): string {
  const texts = new MessageText();
  return said
    .map((each, index) =>
      texts.of({
        ...newMessage({ id: 'm', sessionId: 's', content: '', createdAt: new Date(0), ...each }),
        position: index + 1,
        tokens: null,
      }),
    )
    .map(({ heading, body }) => `${heading}\n${body}`)
    .join('\n\n');
}

const answer = (messages: ReturnType<typeof askForNotes>): string =>
  (
    answerOffline({
      model: 'offline',
      messages: messages.map(({ role, content }) => ({ role, content })),
    }) as {
      content: string;
    }
  ).content;

const takeNotes = (text: string, characters = 10_000) =>
  answer(
    askForCheckpoint(
      { of: 'messages', text },
      { instructions: undefined, hints: '', areEdited: false },
      characters,
    ),
  );

const NOTES = `## Goal
- Create hello.py that prints hello
## Constraints
- Create hello.py that prints hello
## Done
- Created hello.py.
## Files
- hello.py`;

describe('the notes of the offline model', () => {
  it('tell what was asked and done, and which files were written', () => {
    expect(takeNotes(wordingOf(SESSION))).toBe(NOTES);
  });

  it('keep what earlier notes say, also those of a person', () => {
    const earlier = `=== The notes so far, in the words of the developer\n${quoted(NOTES)}\n- By hand`;
    const notes = takeNotes(`${earlier}\n\n${wordingOf([{ role: 'user', content: 'Now a test' }])}`);
    expect(notes).toContain('## Goal\n- Now a test\n');
    expect(notes).toContain('- Create hello.py that prints hello\n- Now a test\n');
    expect(notes).toContain('## Files\n- hello.py\n- By hand');
  });

  it('are made of notes on parts', () => {
    const parts = [SESSION, [{ role: 'user' as const, content: 'Delete it' }]]
      .map((said, index) => notesOf(answer(askForNotes(index + 1, wordingOf(said), 10_000)), index))
      .map(({ heading, body }) => `${heading}\n${body}`)
      .join('\n\n');
    expect(takeNotes(parts)).toContain('- Create hello.py that prints hello\n- Delete it');
  });

  it('keep to their limit, and the first thing that was asked in it', () => {
    const many = Array.from({ length: 50 }, (_, n): Said => ({ role: 'user', content: `Wish ${n}` }));
    const notes = takeNotes(wordingOf(many), 300);
    expect(notes.length).toBeLessThanOrEqual(300);
    expect(notes).toContain('- Wish 0\n');
  });
});
