import { beforeEach, describe, expect, it } from 'vitest';
import type { EventType, Message, Plan, RuntimeEvent } from '#client';
import { Roots } from '../ide/roots.js';
import { Translator } from './translator.js';

const CALL = { call_id: 'c1', tool_name: 'read_file', arguments: { path: 'a.txt', start_line: 3 } };
const SHOWN = {
  title: 'Read a.txt',
  kind: 'read',
  locations: [{ path: '/work/a.txt', line: 3 }],
  rawInput: CALL.arguments,
};
const CREATED = { ...{ id: 'm1', role: 'assistant', agent: 'coder', subtask_id: null, content: 'Hello' } };
const WHOLE = { message_id: 'm1', agent: 'coder', content: 'Hello', finish_reason: 'stop', usage: null };
const PLAN = {
  ...{ id: 'p1', title: 'A plan', description: 'What for', version: 2 },
  subtasks: [
    { id: 's1', position: 1, title: 'Write', description: 'All', agent: 'coder', status: 'pending' },
  ],
} as unknown as Plan;

let translator: Translator;
let id: number;

beforeEach(() => {
  translator = new Translator(new Roots([{ name: 'work', path: '/work', real: '/work' }]));
  id = 0;
});

const event = (type: EventType, data: object): RuntimeEvent =>
  ({ id: String(++id), type, session_id: 's', run_id: 'r', created_at: '', data }) as unknown as RuntimeEvent;

const apply = (type: EventType, data: object) => translator.apply(event(type, data));

const text = (messageId: string, of: string) => ({
  ...{ sessionUpdate: 'agent_message_chunk', messageId, content: { type: 'text', text: of } },
});

const ended = (status: string, answer?: string) => ({
  ...{ sessionUpdate: 'tool_call_update', toolCallId: 'c1', status },
  ...(answer !== undefined && { content: [{ type: 'content', content: { type: 'text', text: answer } }] }),
});

describe('text', () => {
  it.each<[string, { offset: number; text: string }[], string[]]>([
    [
      'in order',
      [
        { offset: 0, text: 'He' },
        { offset: 2, text: 'llo' },
      ],
      ['He', 'llo'],
    ],
    [
      'merged with what was shown',
      [
        { offset: 0, text: 'He' },
        { offset: 0, text: 'Hell' },
      ],
      ['He', 'll', 'o'],
    ],
    [
      'with a gap',
      [
        { offset: 0, text: 'He' },
        { offset: 4, text: 'o' },
      ],
      ['He', 'llo'],
    ],
    ['not at all', [], ['Hello']],
  ])('that comes %s is shown once', (_, pieces, shown) => {
    const deltas = pieces.flatMap((piece) => apply('message.delta', { message_id: 'm1', ...piece }));
    const rest = apply('message.completed', { ...WHOLE, tool_calls: [] });
    expect([...deltas, ...rest]).toEqual(shown.map((each) => text('m1', each)));
  });

  it('of a message that was replayed is not shown again, whole or in pieces', () => {
    const message = { ...CREATED, tool_calls: [], suggestions: ['a'] } as unknown as Message;
    expect(translator.replay(message, new Set())).toEqual([text('m1', 'Hello'), text('m1', '\n\n- a\n')]);
    expect(apply('message.delta', { message_id: 'm1', offset: 0, text: 'Hello' })).toEqual([]);
    expect(apply('message.completed', { ...WHOLE, tool_calls: [], suggestions: ['a'] })).toEqual([]);
  });

  it('that is discarded is said to begin anew, if any of it was shown', () => {
    expect(apply('message.discarded', { message_id: 'm0' })).toEqual([]);
    apply('message.delta', { message_id: 'm1', offset: 0, text: 'He' });
    expect(apply('message.discarded', { message_id: 'm1' })).toMatchObject([
      { content: { text: expect.stringContaining('begins anew') as string } },
    ]);
  });

  it('of a subtask stands under its title, which is told once', () => {
    translator.plan(PLAN);
    apply('message.started', { message_id: 'm1', subtask_id: 's1' });
    const texts = [
      ...apply('message.delta', { message_id: 'm1', offset: 0, text: 'He' }),
      ...apply('message.completed', { ...WHOLE, subtask_id: 's1', tool_calls: [] }),
    ];
    expect(texts).toEqual(['\n\n### 1. Write\n\n', 'He', 'llo'].map((each) => text('m1', each)));
  });

  it('of reasoning is a thought', () => {
    const pieces = [
      ...apply('message.reasoning_delta', { message_id: 'm1', offset: 0, text: 'Hm' }),
      ...apply('message.completed', { ...WHOLE, content: '', reasoning: 'Hmm', tool_calls: [] }),
    ];
    expect(pieces).toMatchObject([
      { sessionUpdate: 'agent_thought_chunk', content: { text: 'Hm' } },
      { sessionUpdate: 'agent_thought_chunk', content: { text: 'm' } },
    ]);
  });
});

/** What begins a call, live and replayed. */
const BEGINNINGS: [string, () => unknown[]][] = [
  ['live', () => apply('message.completed', { ...WHOLE, content: '', tool_calls: [CALL] })],
  [
    'replayed',
    () => translator.replay({ ...CREATED, content: '', tool_calls: [CALL] } as never, new Set(['c1'])),
  ],
];

/** What ends a call, and how that is shown. */
const ENDS: [string, () => unknown[], unknown[]][] = [
  [
    'its settling',
    () => apply('tool_call.settled', { call_id: 'c1', status: 'completed' }),
    [ended('completed')],
  ],
  ...['rejected', 'expired', 'cancelled'].map((status): [string, () => unknown[], unknown[]] => [
    `its settling as ${status}`,
    () => apply('tool_call.settled', { call_id: 'c1', status }),
    [ended('failed', status)],
  ]),
  [
    'the answer in the history',
    () =>
      translator.replay(
        { role: 'tool', call_id: 'c1', call_status: 'completed', content: 'x' } as never,
        new Set(),
      ),
    [ended('completed', 'x')],
  ],
  [
    'a refusal that only the model is told',
    () =>
      apply('message.created', {
        message: { role: 'tool', call_id: 'c1', call_status: null, content: 'no' },
      }),
    [ended('failed', 'no')],
  ],
  [
    'the end of its run',
    () => apply('run.finished', { status: 'completed' }),
    [ended('failed', 'The run has ended')],
  ],
];

describe.each(BEGINNINGS)('a call that is shown %s', (_, begin) => {
  it.each(ENDS)('ends by %s', (__, end, updates) => {
    expect(begin()).toEqual([{ sessionUpdate: 'tool_call', toolCallId: 'c1', status: 'pending', ...SHOWN }]);
    expect(end()).toEqual(updates);
    expect(apply('run.finished', { status: 'completed' })).toEqual([]);
  });
});

describe('a call', () => {
  it('shows what this process has got, and then no text of the model', () => {
    apply('message.completed', { ...WHOLE, tool_calls: [CALL] });
    translator.note('c1', [{ type: 'terminal', terminalId: 't1' }]);
    translator.note('c1', [{ type: 'terminal', terminalId: 'later' }]);
    expect(apply('tool_call.settled', { call_id: 'c1', status: 'completed' })).toEqual([
      { ...ended('completed'), content: [{ type: 'terminal', terminalId: 't1' }] },
    ]);
    const message = { role: 'tool', call_id: 'c1', content: 'seen by the model' };
    expect(apply('message.created', { message })).toEqual([]);
  });

  it('is shown while it is written, and filled in', () => {
    const drafted = apply('tool_call.drafted', { call_id: 'c1', tool_name: 'read_file', message_id: 'm1' });
    expect(drafted).toMatchObject([
      { sessionUpdate: 'tool_call', title: 'Writing: read_file', kind: 'read' },
    ]);
    expect(apply('message.completed', { ...WHOLE, content: '', tool_calls: [CALL] })).toEqual([
      { sessionUpdate: 'tool_call_update', toolCallId: 'c1', status: 'pending', ...SHOWN },
    ]);
  });

  it.each<[string, () => unknown[], string]>([
    [
      'was a plan',
      () =>
        apply('message.completed', {
          ...{ ...WHOLE, content: '' },
          tool_calls: [{ call_id: 'c1', tool_name: 'create_plan', arguments: {} }],
        }),
      'completed',
    ],
    ['was cut off', () => apply('message.completed', { ...WHOLE, content: '', tool_calls: [] }), 'failed'],
    ['was discarded', () => apply('message.discarded', { message_id: 'm1' }), 'failed'],
  ])('that was begun and %s ends with its message', (_, finish, status) => {
    apply('tool_call.drafted', { call_id: 'c1', tool_name: 'create_plan', message_id: 'm1' });
    expect(finish()).toMatchObject([{ toolCallId: 'c1', status }]);
  });

  it('is shown as it was allowed', () => {
    const edited = { ...CALL, arguments: { path: 'b.txt' } };
    apply('message.completed', { ...WHOLE, tool_calls: [CALL] });
    expect(apply('tool_call.requested', edited)).toMatchObject([
      { status: 'in_progress', title: 'Read b.txt', rawInput: { path: 'b.txt' } },
    ]);
  });

  it('without an answer is left out of a replay', () => {
    const message = { ...CREATED, content: '', tool_calls: [CALL] } as unknown as Message;
    expect(translator.replay(message, new Set())).toEqual([]);
  });
});

describe('a call of the history', () => {
  const PATH = { type: 'diff', path: '/work/a.txt' };
  const edits = [{ old_text: 'b', new_text: 'c' }];
  const DIFF = { type: 'diff', path: 'a.txt', old_text: 'ab', new_text: 'ac' };

  it.each<[string, unknown, object[]]>([
    ['the diff that was kept', DIFF, [{ ...PATH, oldText: 'ab', newText: 'ac' }]],
    ['a file that was new', { ...DIFF, old_text: null }, [{ ...PATH, oldText: null, newText: 'ac' }]],
    [
      'what a command has printed',
      { type: 'output', text: 'no\n', exit_code: 1 },
      [{ type: 'content', content: { type: 'text', text: '```\nno\n```\n\nExit code: 1' } }],
    ],
    ['the pieces, where nothing was kept', undefined, [{ ...PATH, oldText: 'b', newText: 'c' }]],
    [
      'the text, where another client has kept something else',
      { type: 'diff', path: 1 },
      [{ type: 'content', content: { type: 'text', text: 'done' } }],
    ],
  ])('shows %s', (_, display, content) => {
    const call = { call_id: 'c1', tool_name: 'edit_file', arguments: { path: 'a.txt', edits } };
    const said = { ...CREATED, content: '', tool_calls: [call] } as unknown as Message;
    translator.replay(said, new Set(['c1']));
    const answer = { role: 'tool', call_id: 'c1', call_status: 'completed', content: 'done', display };
    expect(translator.replay(answer as never, new Set())).toEqual([{ ...ended('completed'), content }]);
  });
});

describe('a plan', () => {
  it('has a call for each version, and all its entries each time', () => {
    const entries = (status: string) => [{ content: 'Write', priority: 'medium', status }];
    expect(apply('plan.approval_required', { approval_id: 'a1', plan: PLAN })).toMatchObject([
      { sessionUpdate: 'plan', entries: entries('pending') },
      { sessionUpdate: 'tool_call', toolCallId: 'plan:p1:2', kind: 'switch_mode' },
      { sessionUpdate: 'tool_call_update', toolCallId: 'plan:p1:2' },
    ]);
    expect(apply('approval.resolved', { kind: 'plan', decision: 'approve' })).toMatchObject([
      { toolCallId: 'plan:p1:2', status: 'completed' },
    ]);
    expect(apply('subtask.status_changed', { subtask_id: 's1', to: 'running' })).toMatchObject([
      { entries: entries('in_progress') },
    ]);
    expect(apply('subtask.status_changed', { subtask_id: 's1', to: 'failed' })).toMatchObject([
      { entries: [{ content: 'Write (failed)', status: 'completed' }] },
    ]);
  });
});

it('an event that comes again makes nothing, until the log is set back', () => {
  const delta = event('message.delta', { message_id: 'm1', offset: 0, text: 'He' });
  const item = event('todos.updated', { items: [{ text: 'Test', status: 'in_progress' }] });
  expect([delta, item, delta, item].map((each) => translator.apply(each).length)).toEqual([1, 1, 0, 0]);
  apply('stream.reset', {});
  expect([delta, item].map((each) => translator.apply(each).length)).toEqual([0, 1]);
});

it('plans and lists show control characters by their code', () => {
  const [hidden, seen] = ['Go \u001b[2K', 'Go ⟨U+001B⟩[2K'];
  const plan = { ...PLAN, title: hidden, subtasks: [{ ...PLAN.subtasks[0], title: hidden }] };
  expect(apply('plan.approval_required', { plan })).toMatchObject([
    { sessionUpdate: 'plan', entries: [{ content: seen }] },
    { sessionUpdate: 'tool_call', title: seen },
    { sessionUpdate: 'tool_call_update' },
  ]);
  const items = [{ text: hidden, status: 'pending' }];
  expect(apply('todos.updated', { items })).toMatchObject([{ entries: [{ content: seen }] }]);
});
