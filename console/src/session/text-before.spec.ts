import { Transcript } from '@agent-runtime/client';
import { describe, expect, it } from 'vitest';
import type { CallStatus } from './session-calls.ts';
import { textBefore } from './text-before.ts';

interface Told {
  name: string;
  args: object;
  answer?: string;
  status?: CallStatus;
  edited?: Record<string, string>;
  isCut?: boolean;
}

/** What is known of `path` before a call that comes after these. */
function known(path: string, ...calls: Told[]): string | undefined {
  const transcript = new Transcript();
  for (const [index, { name, args }] of calls.entries()) {
    transcript.apply({
      ...{ id: String(index), type: 'message.completed', session_id: 's', run_id: 'r', created_at: '' },
      data: {
        ...{ message_id: `m${index}`, agent: 'coder', content: '', finish_reason: 'tool_calls' },
        tool_calls: [{ call_id: `c${index}`, tool_name: name, arguments: args as Record<string, string> }],
        usage: {} as never,
      },
    });
  }
  const ids = calls.map((call, index) => ({ id: `c${index}`, ...call }));
  return textBefore(
    {
      messages: transcript.messages(),
      answers: new Map(ids.map(({ id, answer = '' }) => [id, { text: answer }])),
      calls: new Map(ids.map(({ id, status = 'completed' }) => [id, status])),
      cut: new Set(ids.filter(({ isCut }) => isCut).map(({ id }) => id)),
    },
    new Map(ids.flatMap(({ id, edited }) => (edited ? [[id, { modified_arguments: edited }]] : []))),
    path,
    'a later one',
  );
}

const read = (answer: string, more: Partial<Told> = {}): Told => ({
  name: 'read_file',
  args: { path: 'a' },
  answer,
  ...more,
});
const edits = (from: string, to: string) => ({ edits: [{ old_text: from, new_text: to }] });

describe('what is known of a file before a call', () => {
  it.each<[string, Told[], string | undefined]>([
    ['nothing, where it was not read', [], undefined],
    ['what was read', [read('one')], 'one'],
    ['nothing of a part', [read('one', { args: { path: 'a', end_line: 1 } })], undefined],
    ['nothing of an answer that was cut', [read('one', { isCut: true })], undefined],
    ['nothing of what has failed', [read('one', { status: 'failed' })], undefined],
    ['what was written', [read('one'), { name: 'write_file', args: { path: 'a', content: 'two' } }], 'two'],
    [
      'what was written as the user has edited it',
      [{ name: 'write_file', args: { path: 'a', content: 'two' }, edited: { path: 'a', content: '2' } }],
      '2',
    ],
    ['what was edited', [read('one'), { name: 'edit_file', args: { path: 'a', ...edits('n', 'N') } }], 'oNe'],
    [
      'nothing after an edit of a file that is not known',
      [{ name: 'edit_file', args: { path: 'a', ...edits('n', 'N') } }],
      undefined,
    ],
    ['nothing after it was deleted', [read('one'), { name: 'delete_file', args: { path: 'a' } }], undefined],
    [
      'nothing after it was moved away',
      [read('one'), { name: 'move_file', args: { path: 'a', to: 'b' } }],
      undefined,
    ],
    [
      'what was moved there',
      [
        { name: 'read_file', args: { path: 'b' }, answer: 'two' },
        { name: 'move_file', args: { path: 'b', to: 'a' } },
      ],
      'two',
    ],
  ])('%s', (_, calls, text) => expect(known('a', ...calls)).toBe(text));
});
