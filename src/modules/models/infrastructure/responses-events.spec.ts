import { describe, expect, it } from 'vitest';
import { OpenAiAnswer } from './openai-answer.js';
import { ResponsesEvents } from './responses-events.js';
import { toResponsesBody } from './responses-request.js';

const ASKED = { provider: 'models.example', model: 'm' };

/** An event, or an item of an answer, with fields of any type. */
type Given = Readonly<Record<string, unknown>>;

const added = (output_index: number, item: Given) => ({
  type: 'response.output_item.added',
  output_index,
  item,
});
const done = (output_index: number, item: Given) => ({
  type: 'response.output_item.done',
  output_index,
  item,
});

/** The ids of the items of the usual answer. */
const IDS = ['msg_1', 'fc_a', 'fc_b'];

const piece = (output_index: number, part: string, delta: string, more: Given = {}) => ({
  type: `response.${part}.delta`,
  output_index,
  item_id: IDS[output_index],
  delta,
  ...more,
});

const message = (text: string, more: Given = {}) => ({
  type: 'message',
  id: 'msg_1',
  content: [{ type: 'output_text', text }],
  ...more,
});
const call = (path: string, more: Given = {}) => ({
  type: 'function_call',
  id: `fc_${path}`,
  call_id: `call_${path}`,
  name: 'read_file',
  arguments: `{"path":"${path}"}`,
  ...more,
});
const thought = (id: string, ...texts: string[]) => ({
  type: 'reasoning',
  id: `rs_${id}`,
  summary: texts.map((text) => ({ type: 'summary_text', text })),
  encrypted_content: `sealed ${id}`,
});

const COMPLETED = {
  type: 'response.completed',
  response: { id: 'resp_1', object: 'response', model: 'm-1', status: 'completed', output: [] },
};

/** The events of an answer: text, and two calls. */
const USUAL: Given[] = [
  { type: 'response.created', response: { id: 'resp_1', model: 'm-1', status: 'in_progress' } },
  added(0, message('', { content: [] })),
  piece(0, 'output_text', 'Both ', { content_index: 0 }),
  piece(0, 'output_text', '✓', { content_index: 0 }),
  { type: 'response.output_text.done', output_index: 0, item_id: IDS[0], content_index: 0, text: 'Both ✓' },
  done(0, message('Both ✓')),
  ...[1, 2].flatMap((index) => {
    const path = index === 1 ? 'a' : 'b';
    const whole = `{"path":"${path}"}`;
    return [
      added(index, call(path, { arguments: '' })),
      piece(index, 'function_call_arguments', whole.slice(0, 5)),
      piece(index, 'function_call_arguments', whole.slice(5)),
      {
        type: 'response.function_call_arguments.done',
        output_index: index,
        item_id: IDS[index],
        arguments: whole,
      },
      done(index, call(path)),
    ];
  }),
  COMPLETED,
];

const WHOLE = {
  ...COMPLETED.response,
  output: [message('Both ✓'), call('a'), call('b')],
  usage: { input_tokens: 2, output_tokens: 1 },
};

function answerOf(events: readonly Given[]) {
  const reader = new ResponsesEvents();
  const answer = new OpenAiAnswer(ASKED, (event) => reader.read(event));
  for (const event of events) answer.add(event, 1);
  return { ...answer.complete(answer.isClosed, 1), source: answer.source };
}

/** The items by which an answer goes back to its model. */
function sentBack(events: readonly Given[]) {
  const { content, toolCalls, reasoning } = answerOf(events);
  const messages = [{ role: 'assistant', content, toolCalls, reasoning } as const];
  return toResponsesBody({ model: 'm', tools: [], messages }, ASKED.provider, undefined, 'given').input;
}

const without = (fields: readonly string[]) => (event: Given) =>
  Object.fromEntries(Object.entries(event).filter(([field]) => !fields.includes(field)));

describe('an answer of the Responses API', () => {
  it.each<[string, readonly Given[]]>([
    ['as OpenAI sends it', USUAL],
    [
      'with another id in each event (GitHub Copilot)',
      USUAL.map((event, n) => ({ ...event, item_id: `x${n}` })),
    ],
    ['with one place for all items (LiteLLM)', USUAL.map((event) => ({ ...event, output_index: 0 }))],
    ['without places', USUAL.map(without(['output_index']))],
    ['without numbers of its parts', USUAL.map(without(['content_index']))],
    [
      'without the ends of its parts',
      USUAL.filter(({ type }) => !/(text|arguments)\.done$/.test(type as string)),
    ],
    ['without the ends of its items', USUAL.filter(({ type }) => type !== 'response.output_item.done')],
    ['without the begins of its items', USUAL.filter(({ type }) => type !== 'response.output_item.added')],
    ['without pieces', USUAL.filter((event) => !('delta' in event))],
    ['of whole items', USUAL.filter(({ item, type }) => item !== undefined || type === COMPLETED.type)],
    ['that is all in its end', [{ type: 'response.completed', response: WHOLE }]],
    ['that repeats all in its end', [...USUAL.slice(0, -1), { type: 'response.completed', response: WHOLE }]],
    ['in one piece', [WHOLE]],
    ['in one piece without a status', [without(['status'])(WHOLE)]],
    [
      'with items of no concern',
      [
        done(7, { type: 'mcp_call', id: 'mcp_1', name: 'search', arguments: '{}' }),
        done(8, { type: 'message', content: [{ type: 'constructor' }, null] }),
        ...USUAL,
      ],
    ],
    [
      'with events of no concern',
      USUAL.flatMap((event) => [event, { type: 'response.web_search_call.searching' }]),
    ],
  ])('is read %s', (_how, events) => {
    expect(answerOf(events)).toMatchObject({
      content: 'Both ✓',
      toolCalls: ['a', 'b'].map((path) => ({
        callId: `call_${path}`,
        toolName: 'read_file',
        arguments: `{"path":"${path}"}`,
      })),
      finishReason: 'tool_calls',
      source: { id: 'resp_1', model: 'm-1' },
    });
  });
});

describe('the items of an answer', () => {
  const FIRST = thought('1', 'Hm.');
  const SECOND = thought('2', 'So.', 'Well.');

  it('go back in their order, with the reasoning at its place', () => {
    const items = [
      FIRST,
      message('I look. ', { phase: 'commentary' }),
      SECOND,
      call('a'),
      thought('3'),
      call('b'),
      message('Done.', { id: 'msg_2', phase: 'final_answer' }),
    ];
    const events = [...items.map((item, index) => done(index, item)), COMPLETED];
    expect(answerOf(events)).toMatchObject({
      content: 'I look. \n\nDone.',
      reasoning: { ...ASKED, text: 'Hm.\n\nSo.\n\nWell.' },
    });
    const called = (path: string) => without(['id'])(call(path));
    expect(sentBack(events)).toEqual([
      without(['id'])(FIRST),
      { role: 'assistant', content: 'I look. ', phase: 'commentary' },
      without(['id'])(SECOND),
      called('a'),
      without(['id'])(thought('3')),
      called('b'),
      { role: 'assistant', content: 'Done.', phase: 'final_answer' },
    ]);
  });

  it('are the text and the calls where no reasoning is among them', () => {
    expect(answerOf(USUAL).reasoning!.opaque).toEqual({ calls: [{ id: 'call_a' }, { id: 'call_b' }] });
    expect(sentBack(USUAL)).toMatchObject([
      { role: 'assistant', content: 'Both ✓' },
      { call_id: 'call_a' },
      { call_id: 'call_b' },
    ]);
  });

  it.each([
    ['with its id, where it is not sealed', { encrypted_content: null, content: [{ text: 'Hm.' }] }, true],
    ['not at all, where it is neither sealed nor text', { encrypted_content: null }, false],
    ['without its status', { status: 'completed' }, true],
  ])('have reasoning that goes back %s', (_how, more, isReturned) => {
    const item = { ...FIRST, ...more };
    const [first] = sentBack([done(0, item), done(1, message('Hi')), COMPLETED]) as unknown as Given[];
    const isSealed = item.encrypted_content !== null;
    const { id, status: _status, ...rest } = item as Given;
    const kept = isSealed ? rest : { id, ...rest };
    expect(first).toEqual(isReturned ? kept : { role: 'assistant', content: 'Hi' });
  });

  it('have no reasoning at their end: what it led to is missing', () => {
    expect(sentBack([done(0, message('Hi')), done(1, FIRST), COMPLETED])).toEqual([
      { role: 'assistant', content: 'Hi' },
    ]);
  });

  it('go back whole where a message is shorter or longer than it was', () => {
    const { toolCalls, reasoning } = answerOf([done(0, FIRST), done(1, message('Hello')), COMPLETED]);
    const contents = ['', 'Hel', 'Hello, and more'].map((content) => {
      const messages = [{ role: 'assistant', content, toolCalls, reasoning } as const];
      const { input } = toResponsesBody(
        { model: 'm', tools: [], messages },
        ASKED.provider,
        undefined,
        'given',
      );
      return (input as { content?: string }[]).map((item) => item.content ?? '').join('');
    });
    expect(contents).toEqual(['', 'Hel', 'Hello, and more']);
  });

  it('are limited in number, and each in the number of its parts', () => {
    const many = Array.from({ length: 2_001 }, (_, n) => n);
    for (const events of [
      many.map((n) => added(n, message(''))),
      many.map((n) => piece(0, 'output_text', 'x', { content_index: n })),
      [...many.map((n) => done(n, thought(`${n}`))), COMPLETED],
    ]) {
      expect(() => answerOf(events)).toThrow(expect.objectContaining({ code: 'model.answer_too_long' }));
    }
  });

  it('count for the length of the answer, as far as they are reasoning', () => {
    const long = { ...FIRST, encrypted_content: 'x'.repeat(100_000) };
    const events = Array.from({ length: 30 }, (_, n) => done(n, long));
    expect(() => answerOf(events)).toThrow(expect.objectContaining({ code: 'model.answer_too_long' }));
  });
});

describe('the state of an answer', () => {
  const states = (events: readonly Given[]) => {
    const reader = new ResponsesEvents();
    return events.map((event) => {
      const { hasBegun, isThinking, isLast } = reader.read(event);
      return [hasBegun && 'begun', isThinking && 'thinking', isLast && 'last'].filter(Boolean).join(' ');
    });
  };

  it('is told event by event', () => {
    const begun = { ...thought('1'), summary: [], encrypted_content: '' };
    expect(
      states([
        { type: 'response.created', response: { status: 'queued' } },
        { type: 'response.in_progress', response: { status: 'in_progress' } },
        { type: 'keepalive' },
        added(0, begun),
        piece(0, 'reasoning_summary_text', 'Hm.', { summary_index: 0 }),
        done(0, thought('1', 'Hm.')),
        added(1, message('')),
        piece(1, 'output_text', 'Hi'),
        COMPLETED,
      ]),
    ).toEqual([
      ...['', '', ''],
      ...['begun thinking', 'begun thinking', 'begun', 'begun', 'begun'],
      'begun last',
    ]);
  });

  it('is not thinking when the next item has begun without the end of the reasoning', () => {
    expect(states([added(0, thought('1')), added(1, message(''))])).toEqual(['begun thinking', 'begun']);
  });
});

describe('the end of an answer', () => {
  const ending = (status: string, more: Given = {}, type = `response.${status}`) => ({
    type,
    response: { object: 'response', status, ...more },
  });

  it.each<[string, Given, string]>([
    ['completed', ending('completed'), 'stop'],
    [
      'the output limit',
      ending('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
      'length',
    ],
    [
      'a filter',
      ending('incomplete', { incomplete_details: { reason: 'content_filter' } }),
      'content_filter',
    ],
    ['a reason of its own', ending('incomplete', { incomplete_details: { reason: 'steered' } }), 'steered'],
    ['no reason', ending('incomplete', { incomplete_details: null }), 'incomplete'],
    [
      'incomplete by its status alone',
      ending('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }, 'response.completed'),
      'length',
    ],
    ['completed without a status', { type: 'response.completed', response: {} }, 'stop'],
  ])('may be %s', (_what, event, finishReason) => {
    expect(answerOf([piece(0, 'output_text', 'Hi'), event])).toMatchObject({ content: 'Hi', finishReason });
  });

  it.each<[string, Given, string]>([
    ['failed', ending('failed', { error: { code: 'rate_limit_exceeded' } }), 'rate_limit_exceeded'],
    ['failed without an error', ending('failed', { error: null }), 'failed'],
    ['cancelled', ending('cancelled'), 'cancelled'],
    ['failed by its status alone', ending('failed', {}, 'response.completed'), 'failed'],
    ['a failure as a document', { object: 'response', status: 'failed' }, 'failed'],
    ['an error', { type: 'error', code: 'server_error', message: 'secret' }, 'server_error'],
  ])('may be a failure: %s', (_what, event, code) => {
    const reader = new ResponsesEvents();
    const body = expect.stringContaining(`"code":"${code}"`) as string;
    expect(() => reader.read(event)).toThrow(expect.objectContaining({ body }));
  });

  it.each<[string, unknown, object | null]>([
    [
      'its tokens',
      { input_tokens: 2, output_tokens: 1 },
      expect.objectContaining({ promptTokens: 2, completionTokens: 1 }) as object,
    ],
    ['fractions', { input_tokens: 2.5, output_tokens: 1 }, null],
    ['nothing', null, null],
  ])('tells %s', (_what, usage, told) => {
    expect(answerOf([piece(0, 'output_text', 'Hi'), ending('completed', { usage })]).usage).toEqual(told);
  });

  it.each([null, 7, 'text', [], { type: 7 }, { type: 'response.output_text.delta', delta: 7 }])(
    'is not %j, which is ignored',
    (event) => {
      expect(new ResponsesEvents().read(event)).toMatchObject({ text: '', calls: [], finishReason: '' });
    },
  );
});
