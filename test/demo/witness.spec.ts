import { beforeEach, describe, expect, it } from 'vitest';
import type { Message, SessionEvent } from '@agent-runtime/client';
import { Witness } from '../../demo/witness.ts';

const IN_RUN = { session_id: 's1', run_id: 'r1', created_at: '2026-11-20T10:15:00.000Z' };
const USAGE = {
  ...{ prompt_tokens: 2, completion_tokens: 1, cached_tokens: 0, reasoning_tokens: 0 },
  ...{ cost_micros: null, estimated: false },
};
const MESSAGE: Message = {
  ...IN_RUN,
  id: 'm1',
  subtask_id: null,
  job_id: null,
  role: 'assistant',
  agent: 'coder',
  content: 'Hello',
  reasoning: null,
  tool_calls: [],
  call_id: null,
  call_status: null,
  suggestions: null,
  finish_reason: 'stop',
  usage: USAGE,
};
const USER: Message = { ...MESSAGE, id: 'm0', role: 'user', content: 'Hi' };
const TOOL: Message = { ...MESSAGE, id: 'm2', role: 'tool', call_id: 'c1', content: 'done' };

let witness: Witness;
let lastId: number;

beforeEach(() => {
  witness = new Witness();
  lastId = 0;
});

type Told = SessionEvent extends infer Event
  ? Event extends SessionEvent
    ? Pick<Event, 'type' | 'data'>
    : never
  : never;

const tell = (...events: Told[]) =>
  events.map((event) => witness.note({ ...event, ...IN_RUN, id: String(++lastId) }));

const spoken = (place: { subtask_id?: string } = {}, usage: typeof USAGE | null = USAGE): Told[] => [
  { type: 'message.started', data: { message_id: 'm1', agent: 'coder', ...place } },
  { type: 'message.delta', data: { message_id: 'm1', offset: 0, text: 'Hel' } },
  { type: 'message.delta', data: { message_id: 'm1', offset: 3, text: 'lo' } },
  {
    type: 'message.completed',
    data: {
      message_id: 'm1',
      agent: 'coder',
      content: 'Hello',
      tool_calls: [],
      finish_reason: 'stop',
      usage,
      ...place,
    },
  },
];

const created = (message: Message): Told => ({ type: 'message.created', data: { message } });

describe('the witness of the demo', () => {
  it('agrees with what is stored, in the main history and in subtasks', () => {
    tell(created(USER), ...spoken({ subtask_id: 's1' }), created({ ...TOOL, subtask_id: 's1' }));
    witness.noteToolAnswer('c1', { result: 'done' });
    expect(
      witness.differencesFrom(
        new Map([
          [null, [USER]],
          ['s1', [MESSAGE, TOOL]],
        ]),
      ),
    ).toEqual([]);
  });

  it('returns the words that are new', () => {
    expect(tell(...spoken())).toEqual(['', 'Hel', 'lo', '']);
  });

  it('takes what the runtime says whole, and what a model says piece by piece only', () => {
    const [started, , , completed] = spoken({}, null) as [Told, Told, Told, Told];
    expect(tell(started, completed)).toEqual(['', 'Hello']);
    expect(witness.differencesFrom(new Map([[null, [MESSAGE]]]))).toEqual([]);
    const [begun, , , ended] = spoken() as [Told, Told, Told, Told];
    tell(begun, ended);
    expect(witness.differencesFrom(new Map([[null, [MESSAGE]]]))).toEqual([
      'message m1 was completed with another text than was streamed',
    ]);
  });

  it('compares the reasoning that was streamed with what is stored', () => {
    const [started, ...said] = spoken() as [Told, ...Told[]];
    const thinks = (offset: number, text: string): Told => ({
      type: 'message.reasoning_delta',
      data: { message_id: 'm1', offset, text },
    });
    const completed = said.pop() as Extract<Told, { type: 'message.completed' }>;
    const ends = (reasoning: string): Told => ({ ...completed, data: { ...completed.data, reasoning } });
    const thought = [thinks(0, 'Hm, '), thinks(4, 'well.')];
    expect(tell(started, ...thought, ...said, ends('Hm, well.'))).toEqual([
      ...['', '', ''],
      ...['Hel', 'lo', ''],
    ]);
    const differences = (reasoning: string | null) =>
      witness.differencesFrom(new Map([[null, [{ ...MESSAGE, reasoning }]]]));
    expect(differences('Hm, well.')).toEqual([]);
    expect(differences(null)).toEqual(['message m1 was streamed with other reasoning']);
    tell(started, ...thought, ...said, ends('Hm.'));
    expect(differences('Hm.')).toEqual(['message m1 was completed with another text than was streamed']);
  });

  it('accepts the note on a call that a human has edited', () => {
    tell(created(TOOL));
    witness.noteToolAnswer('c1', { result: 'done' });
    const noted = { ...TOOL, content: 'done\n\n(Before allowing this call the developer changed …)' };
    tell(created(noted));
    expect(witness.differencesFrom(new Map([[null, [noted]]]))).toEqual([]);
  });

  it.each([
    [{ result: 'a\0b\ud800' }, 'a\ufffdb\ufffd'],
    [{ result: { stdout: 'a\0' } }, '{"stdout":"a\ufffd"}'],
  ])('accepts that what cannot be stored was replaced, with a note: %j', (outcome, stored) => {
    const noted = { ...TOOL, content: `${stored}\n\n(NUL and halves of surrogate pairs …)` };
    tell(created(noted));
    witness.noteToolAnswer('c1', outcome);
    expect(witness.differencesFrom(new Map([[null, [noted]]]))).toEqual([]);
  });

  it.each<[string, [string | null, Message[]][], string]>([
    ['is missing', [[null, []]], 'message m1 was streamed, but is not stored there'],
    ['is in another place', [['s1', [MESSAGE]]], 'message m1 is stored, but was not streamed there'],
    [
      'is in two places',
      [
        [null, [MESSAGE]],
        ['s1', [MESSAGE]],
      ],
      'message m1 is stored, but was not streamed there',
    ],
    ['is another one', [[null, [{ ...MESSAGE, content: 'Ho' }]]], 'message m1 was streamed as another text'],
    ['was not streamed', [[null, [MESSAGE, USER]]], 'message m0 is stored, but was not streamed there'],
  ])('finds a message that %s', (_, stored, fault) => {
    tell(...spoken());
    expect(witness.differencesFrom(new Map(stored)).join('\n')).toContain(fault);
  });

  it('finds gaps, and answers to tools that are not kept', () => {
    const [started, , late] = spoken() as [Told, Told, Told];
    tell(started, late);
    witness.noteToolAnswer('c1', { error: 'no' });
    const faults = witness.differencesFrom(new Map([[null, [TOOL]]])).join('\n');
    expect(faults).toContain('a piece of message m1 is missing');
    expect(faults).toContain('the answer to call c1 is not stored as it was given');
  });
});
