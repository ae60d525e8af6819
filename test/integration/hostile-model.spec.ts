import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SentEvent, deltasOf, isFinished } from '../support/client.js';
import { all, find } from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { Behaviour, RawModel, answer, calls, chunk, endless, event } from './support/raw-model.js';

const HALF = '\ud800';
const DONE = answer(chunk({ content: 'Done.' }), chunk({}, 'stop'));

describe('a hostile model', () => {
  let app: TestApp;
  let model: RawModel;

  beforeAll(async () => {
    model = await RawModel.start();
    app = await TestApp.start(
      { OPENAI_BASE_URL: model.url, LLM_MAX_RETRIES: '0', LLM_IDLE_TIMEOUT_SECONDS: '5' },
      { circuit: NEVER_OPENS },
    );
  });
  afterAll(async () => {
    await app.stop();
    model.stop();
  });

  /** What a session sees of one task, and of what is stored of it afterwards. */
  const ask = async (agent: string, ...behaviours: Behaviour[]) => {
    model.script(...behaviours);
    const sessionId = await app.client.openSession(agent === 'auto' ? {} : { agent });
    return { sessionId, events: await app.client.ask(sessionId, 'Hello') };
  };

  /** What was sent is what is stored, and a crashed process could go on with it: PostgreSQL reads all of it. */
  const expectStored = async (sessionId: string, events: readonly SentEvent[]) => {
    const stored = await app.database.rows<{ id: string; content: string }>(
      `select id, content from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    const completed = all(events, 'message.completed').map(({ data }) => [data.message_id, data.content]);
    expect(stored.map(({ id, content }) => [id, content])).toEqual(completed);
    const [read] = await app.database.rows<{ events: number }>(
      'select count(data::jsonb)::int as events from session_events where session_id = $1',
      [sessionId],
    );
    expect(read!.events).toBeGreaterThan(0);
  };

  const toolCall = (index: number, call: object = {}) => chunk({ tool_calls: [{ index, ...call }] });
  const thousandCalls = Array.from({ length: 1000 }, (_, index) => toolCall(index)).join('');

  it.each<[string, Behaviour, string]>([
    ['an endless line', endless(`data: ${'x'.repeat(100_000)}`), 'model.answer_too_long'],
    ['endless lines of one event', endless(`data: ${'x'.repeat(100_000)}\n`), 'model.answer_too_long'],
    ['comments without end', endless(`: ${'x'.repeat(1_000_000)}\n`), 'model.answer_too_long'],
    [
      'chunks that say nothing, without end',
      endless(chunk({ filler: 'x'.repeat(1_000) }).repeat(100)),
      'model.answer_too_long',
    ],
    ['a refusal without end', endless(chunk({ refusal: 'x'.repeat(100_000) })), 'model.answer_too_long'],
    ['tool calls without a character, without end', endless(thousandCalls), 'model.answer_too_long'],
    [
      'gigantic arguments',
      answer(toolCall(0, { function: { name: 'read_file', arguments: 'x'.repeat(2_100_000) } })),
      'model.answer_too_long',
    ],
    ['an error without end', endless('x'.repeat(1_000_000), 500), 'model.server_error'],
    [
      'a redirection',
      (response) => response.writeHead(302, { location: '/' }).end(),
      'model.request_refused',
    ],
    [
      'no chunks but JSON',
      answer('data: 7\n\ndata: "x"\n\ndata: null\n\ndata: []\n\n'),
      'model.malformed_answer',
    ],
    ['a NUL that is not escaped', answer('data: {"choices":[\0]}\n\n'), 'model.malformed_answer'],
    [
      'fields of other types',
      answer(
        event({ choices: 'abc', usage: 'many' }),
        event({ choices: [null] }),
        chunk(7, { reason: 'odd' }),
        chunk({ content: { toString: 1 }, tool_calls: 3 }, 5),
        chunk({ content: ['a'], refusal: 8, tool_calls: [] }, 'stop'),
      ),
      'model.empty_answer',
    ],
  ])('sends %s: the run ends with a code', async (_what, behaviour, code) => {
    const { events } = await ask('ask', behaviour);
    expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code } });
    expect(deltasOf(events).size).toBe(0);
  });

  it('counts absurdly, and is not believed', async () => {
    for (const usage of [
      { prompt_tokens: -1, completion_tokens: 2 },
      { prompt_tokens: 1e308, completion_tokens: 1 },
      { prompt_tokens: '7', completion_tokens: '8' },
      { prompt_tokens: null },
      { prompt_tokens: {}, completion_tokens: [] },
    ]) {
      const said = answer(chunk({ content: 'Yes' }), chunk({}, 'stop'), event({ choices: [], usage }));
      const { events } = await ask('ask', said);
      expect(find(events, 'message.completed').data).toMatchObject({ content: 'Yes', usage: null });
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed', usage: { total_tokens: 0 } });
    }
  });

  it('gives calls odd indexes and one id: each is asked for once', async () => {
    const named = (index: unknown, path: string) =>
      chunk({
        tool_calls: [{ index, id: 'same', function: { name: 'read_file', arguments: `{"path":"${path}"}` } }],
      });
    const indexes = [7, -1, 2 ** 53, 1e300, 'x', null];
    const { events } = await ask(
      'ask',
      answer(...indexes.map((index, n) => named(index, `${n}.txt`)), chunk({}, 'tool_calls')),
    );
    const requested = all(events, 'tool_call.requested').map(({ data }) => data);
    expect(requested.map((data) => data.arguments)).toEqual(indexes.map((_, n) => ({ path: `${n}.txt` })));
    expect(new Set(requested.map((data) => data.call_id)).size).toBe(indexes.length);
    expect(events.at(-1)!.type).toBe('run.waiting');
  });

  it('calls tools in words that PostgreSQL cannot store: it is told, and the run goes on', async () => {
    const name = `no\0tool${HALF}${'x'.repeat(500_000)}`;
    const args = '{"a\\u0000":"\\ud800","__proto__":{"polluted":true},"n":1e400,"m":-0}';
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const { sessionId, events } = await ask(
      'architect',
      calls({ name, args }, { name, args: `not JSON \0 ${HALF}` }, { name: 'read_file', args: deep }),
      calls({ name: 'write_file', args: '{"path":"half\\ud800.ts","content":"x"}' }),
      DONE,
    );
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    await expectStored(sessionId, events);
    const told = all(events, 'message.created').map(({ data }) => data.message);
    const history = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    const answers = history.body.data.filter(({ role }: { role: string }) => role === 'tool');
    expect(told.filter(({ content }) => content.startsWith('Error'))).toEqual(answers);
    expect(answers.map(({ content }: { content: string }) => content.length < 1000)).toEqual(
      Array.from({ length: 4 }, () => true),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('says its last words with NUL and halves of pairs: the preview can be stored as well', async () => {
    const args = '{"result":"a\\u0000b\\ud800c \\ud83d\\ude00"}';
    const pieces = args
      .split('')
      .map((piece, n) =>
        toolCall(0, { function: { ...(n === 0 && { name: 'attempt_completion' }), arguments: piece } }),
      );
    const { sessionId, events } = await ask('coder', answer(...pieces, chunk({}, 'tool_calls')));
    const text = 'a\ufffdb\ufffdc 😀';
    expect(find(events, 'message.completed').data.content).toBe(text);
    expect([...deltasOf(events).values()]).toEqual([text]);
    await expectStored(sessionId, events);
    await app.database.rows(`select data->>'text' from session_events where session_id = $1`, [sessionId]);
  });

  it('classifies for a reason that has no end and cannot be stored', async () => {
    const reason = `why\\u0000not\\ud800${'x'.repeat(500_000)}`;
    const classification = `{"is_atomic":true,"agent":"explain","confidence":"high","reason":"${reason}"}`;
    const { sessionId, events } = await ask(
      'auto',
      answer(chunk({ content: classification }), chunk({}, 'stop')),
      DONE,
    );
    const switched = find(events, 'agent.switched').data;
    expect(switched).toMatchObject({ to: 'ask', confidence: 'high' });
    expect(switched['reason']).toMatch(/^why\ufffdnot\ufffdx+$/);
    expect(switched.reason.length).toBeLessThanOrEqual(1000);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    await expectStored(sessionId, events);
  });

  it('sends bytes that are no UTF-8, and the text survives', async () => {
    const [before, after] = chunk({ content: 'a@b' }).split('@') as [string, string];
    const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xc3]), Buffer.from(after)]);
    const { sessionId, events } = await ask('ask', answer('\ufeff', bytes, chunk({}, 'stop')));
    expect(find(events, 'message.completed').data.content).toBe('a\ufffd\ufffdb');
    expect(isFinished(events.at(-1)!)).toBe(true);
    await expectStored(sessionId, events);
  });
});
