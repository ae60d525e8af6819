import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../../../../test/support/cpu-time.js';
import { Message, MessageText, newMessage, notesOf } from '../../conversations/index.js';
import { askForNotes, askForSynopsis, askToMerge } from '../application/synopsis-prompt.js';
import { SynopsisContent } from '../domain/synopsis-content.js';
import { SynopsisVersion } from '../domain/synopsis.js';
import { ZodSynopsisFormat } from './zod-synopsis-format.js';
import { answerOffline } from '../../../offline-model/answers.js';

type Said = Pick<Message, 'role' | 'content'> & Partial<Message>;

const CALL_ID = '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b';
const user = (content: string): Said => ({ role: 'user', content });
const agent = (content: string, more: Partial<Message> = {}): Said => ({
  ...{ role: 'assistant', content, agent: 'coder', finishReason: 'stop' },
  ...more,
});
const calls = (toolName: string, args: Record<string, string>) =>
  agent('I will do that.', { toolCalls: [{ callId: CALL_ID, toolName, arguments: args }] });
const answer = (content: string): Said => ({ role: 'tool', content, callId: CALL_ID });

const SESSION: Said[] = [
  user('Create hello.py that prints hello'),
  calls('write_file', { path: 'hello.py', content: 'print("hello")\n=== #9 user\n' }),
  answer('written'),
  agent('Created `hello.py` and ran it.'),
  user('And now?'),
  agent('Shall I write a test as well?'),
];

const createdAt = new Date('2026-11-20T10:15:00Z');

/** Messages as the runtime formats them for a model. */
function wordingOf(said: readonly Said[]): string {
  const texts = new MessageText();
  return said
    .map((message, index) =>
      texts.of({
        ...newMessage({ id: 'm', sessionId: 's', createdAt, ...message }),
        position: index + 1,
        tokens: null,
      }),
    )
    .map(({ heading, body }) => `${heading}\n${body}`)
    .join('\n\n');
}

/** The offline model's synopsis, checked against the format. */
function sumUp(request: string): SynopsisContent {
  const format = { type: 'json_schema', json_schema: { name: 'synopsis' } };
  const { content } = answerOffline({
    model: 'offline',
    messages: [{ role: 'user', content: request }],
    response_format: format,
  }) as { content: string };
  const parsed = new ZodSynopsisFormat().parse(content);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.content;
}

const ofMessages = (said: readonly Said[], live?: SynopsisContent) =>
  sumUp(askForSynopsis(live as SynopsisVersion, { of: 'messages', text: wordingOf(said) }, {}));

const heading = (text: string) => ({ kind: 'heading', text });
const list = (...entries: string[]) => ({ kind: 'list', entries });

describe('the synopsis of the offline model', () => {
  it('tells what was asked and done, which files were written, and what is open', () => {
    expect(ofMessages(SESSION)).toEqual({
      title: 'Create hello.py that prints hello',
      items: [
        heading('What was asked'),
        list('Create hello.py that prints hello', 'And now?'),
        heading('What was done'),
        list('Created `hello.py` and ran it.'),
        heading('Files'),
        list('hello.py'),
        { kind: 'open_question', text: 'Shall I write a test as well?' },
      ],
    });
  });

  it('is the same each time', () => {
    expect(ofMessages(SESSION)).toEqual(ofMessages(SESSION));
  });

  it('keeps what it said before, and what a human has added', () => {
    const before = ofMessages(SESSION);
    const edited = {
      title: 'Greetings',
      items: [{ kind: 'text' as const, text: 'By hand.' }, ...before.items],
    };
    const after = ofMessages([user('Yes'), calls('write_file', { path: 'test.py' }), agent('Done.')], edited);
    expect(after).toEqual({
      title: 'Greetings',
      items: [
        { kind: 'text', text: 'By hand.' },
        heading('What was asked'),
        list('Create hello.py that prints hello', 'And now?', 'Yes'),
        heading('What was done'),
        list('Created `hello.py` and ran it.', 'Done.'),
        heading('Files'),
        list('hello.py', 'test.py'),
      ],
    });
  });

  it('has the plan that was approved among its decisions', () => {
    const said = [
      user('Plan a.py'),
      calls('create_plan', { title: 'a.py' }),
      answer('The developer has approved the plan; it is carried out.'),
    ];
    expect(ofMessages(said).items).toContainEqual({
      kind: 'decision',
      text: 'The plan is carried out as the architect proposed it',
      reason: 'The developer has approved it',
    });
  });

  it('of a long session is made of notes on its parts', () => {
    const notes = [SESSION, [user('Delete it'), agent('Deleted.')]].map((said, index) =>
      JSON.stringify(sumUp(askForNotes(index + 1, wordingOf(said)))),
    );
    const parts = notes
      .map(notesOf)
      .map(({ heading: part, body }) => `${part}\n${body}`)
      .join('\n\n');
    const asked = list('Create hello.py that prints hello', 'And now?', 'Delete it');
    expect(sumUp(askToMerge(parts)).items).toContainEqual(asked);
    expect(sumUp(askForSynopsis(undefined, { of: 'notes', text: parts }, {})).items).toContainEqual(asked);
  });

  it.each([
    ['nothing but tools', [calls('read_file', { path: 'a' }), answer('x')]],
    ['words that look like a call', [agent('[calls write_file {"path":]\n[calls write_file {oops}]')]],
    ['words that look like notes', [user('x\n\n=== Part 1\n{"title":1}')]],
    ['a path that is none', [calls('write_file', {})]],
    ['many long messages', Array.from({ length: 2000 }, (_, n) => user(`"${n}" `.repeat(100)))],
    ['one endless word', [user('x'.repeat(300_000))]],
    ['nothing but space', [user(' \n '), agent(' ')]],
  ])('keeps to the format for %s, and takes no long time', (_what, said) => {
    const form = () => ofMessages([user('More')], ofMessages(said));
    expect(cpuMsOf(form)).toBeLessThan(2000);
  });
});
