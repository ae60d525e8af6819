import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MessageCounter } from '../../src/modules/conversations/infrastructure/message-counter.js';
import { messageTokens } from '../../src/modules/conversations/index.js';
import { estimatedTokens } from '../../src/shared/domain/estimated-tokens.js';
import { SentEvent } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { TestModels } from '../support/models-file.js';
import { callIn, callsIn, find, reads, toolResult } from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';

/** A budget of 12,000 tokens: compacted beyond 9,600, to less than 7,200. */
const LIMIT = { context: 16_000, output: 4_000 };
const TASK = 'THE FIRST TASK: rename foo to bar.';

type Message = TestModels['one']['requests'][number]['messages'][number];

let models: TestModels;
let database: TestDatabase;
let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  models = await TestModels.start();
  await models.write({
    models: [
      { id: 'large', provider: 'one', limit: LIMIT },
      { id: 'small', provider: 'two', limit: LIMIT },
    ],
  });
  database = await TestDatabase.create();
  app = await TestApp.start(
    { ...models.env, LLM_MAX_RETRIES: '0', MODEL_CALL_LIMIT: '1000' },
    { database, model: models.one, circuit: NEVER_OPENS },
  );
});
afterAll(async () => {
  await app?.stop();
  await models?.stop();
  await database?.drop();
});
beforeEach(async () => {
  models.reset();
  // Neither model writes checkpoints: excerpts stand in for them.
  models.one.takeNotes({ status: 503 });
  sessionId = await app.client.openSession({ agent: 'ask' });
});

const compactions = () =>
  database.rows<{ data: Record<string, unknown> }>(
    `select data from events where session_id = $1 and type = 'context.compacted' order by seq`,
    [sessionId],
  );
const endOf = (events: readonly SentEvent[]) => {
  const { status, error } = find(events, 'run.finished').data;
  return error?.code ?? status;
};
const lastRequest = () => JSON.stringify(models.one.requests.at(-1)!.messages);

/** What a message says, in tokens. */
const sizeOf = ({ content, tool_calls: calls = [] }: Message): number =>
  [content, ...calls.map((call) => call.function.arguments)].reduce(
    (sum, text) => sum + estimatedTokens(typeof text === 'string' ? text : ''),
    0,
  );

/** Messages of an earlier time, as pairs of the user's and the agent's, each of this many characters. */
const seed = async (pairs: number, characters: number) => {
  await database.rows(
    `with said as (
       insert into messages (id, session_id, position, role, agent, content, tool_calls, created_at, tokens)
       select gen_random_uuid(), $1, n, case n % 2 when 1 then 'user' else 'assistant' end,
              case n % 2 when 0 then 'ask' end, case n when 1 then $4 else repeat('x', $3) end, '[]', now(),
              ceil($3 / 3.5) + 4
         from generate_series(1, 2 * $2) as n
     )
     update sessions set message_count = 2 * $2 where id = $1`,
    [sessionId, pairs, characters, TASK],
  );
};

describe('a context', () => {
  it('holds all messages, each counted when it is stored', async () => {
    models.one.script({ text: 'One.' }, { text: 'Two.' });
    await app.client.ask(sessionId, 'Hello');
    await app.client.ask(sessionId, 'Again');
    const contents = models.one.requests[1]!.messages.slice(1).map(({ content }) => content);
    expect(contents).toEqual(['Hello', 'One.', 'Again']);
    const rows = await database.rows<{ content: string; tokens: number }>(
      'select content, tokens from messages where session_id = $1 order by position',
      [sessionId],
    );
    for (const { content, tokens } of rows) {
      expect(tokens).toBe(
        messageTokens({ id: 'm', role: 'user', content, note: null, toolCalls: [], reasoning: null }),
      );
    }
  });

  it('keeps the task of a session of 3,000 messages, and its newest message word for word', async () => {
    await seed(1_500, 100);
    models.one.always({ text: 'Understood.' });
    const events = await app.client.ask(sessionId, 'What was the first task?');
    expect(endOf(events)).toBe('completed');
    expect(lastRequest()).toContain(TASK);
    expect(models.one.requests.at(-1)!.messages.at(-1)).toEqual({
      role: 'user',
      content: 'What was the first task?',
    });
    expect(lastRequest().length / 3.5).toBeLessThan(7_200);
    const [compacted] = await compactions();
    expect(compacted!.data).toMatchObject({ reason: 'threshold' });
    expect(compacted!.data['tokens_before']).toBeGreaterThan(9_600);
    expect(compacted!.data['tokens_after']).toBeLessThan(7_200);
  });

  it('keeps the task of a run of 200 calls', async () => {
    models.one.script(...Array.from({ length: 200 }, (_, n) => reads(`${n}.ts`)), { text: 'Done.' });
    let events = await app.client.ask(sessionId, TASK);
    for (let n = 0; n < 200; n++) {
      events = await app.client.stream(
        sessionId,
        toolResult(callIn(events), { result: `${n} ${'x'.repeat(700)}` }),
      );
    }
    expect(endOf(events)).toBe('completed');
    expect(models.one.requests).toHaveLength(201);
    for (const { messages } of models.one.requests) expect(JSON.stringify(messages)).toContain(TASK);
    const made = await compactions();
    expect(made.length).toBeGreaterThan(2);
    expect(made.length).toBeLessThan(20);
    const sizes = models.one.requests.map(({ messages }) =>
      messages.reduce((sum, each) => sum + sizeOf(each), 0),
    );
    expect(Math.max(...sizes)).toBeLessThan(12_000);
  }, 60_000);

  it('goes on with each call together with its answer', async () => {
    const content = 'x'.repeat(14_000);
    models.one.script(
      { calls: [reads('a').calls[0]!, reads('b').calls[0]!] },
      { calls: [reads('c').calls[0]!, reads('d').calls[0]!] },
      { text: 'Done.' },
    );
    let events = await app.client.ask(sessionId, TASK);
    for (const call of callsIn(events))
      events = await app.client.stream(sessionId, toolResult(call, { result: content }));
    for (const call of callsIn(events)) events = await app.client.stream(sessionId, toolResult(call));
    expect(endOf(events)).toBe('completed');
    for (const { messages } of models.one.requests) {
      const made = messages.flatMap(({ tool_calls: calls }) => (calls ?? []).map(({ id }) => id));
      const answered = messages.flatMap(({ tool_call_id: id }) => (id === undefined ? [] : [id]));
      expect(answered).toEqual(made);
    }
  });

  it('has room again after an answer of a tool that is many times too large for its model', async () => {
    models.one.script(reads('a.ts'), { text: 'Done.' });
    const callId = callIn(await app.client.ask(sessionId, TASK));
    const events = await app.client.stream(sessionId, toolResult(callId, { result: '漢'.repeat(50_000) }));
    expect(endOf(events)).toBe('completed');
    expect(lastRequest()).toContain(TASK);
  });

  it('is made smaller after a provider has refused it, once, and the same answer is asked for', async () => {
    await seed(20, 500);
    models.one.script({ status: 400, code: 'context_length_exceeded' }, { text: 'It fits.' });
    const events = await app.client.ask(sessionId, 'What was the first task?');
    expect(endOf(events)).toBe('completed');
    expect(find(events, 'context.compacted').data).toMatchObject({ reason: 'overflow' });
    const [refused, accepted] = models.one.requests.map(({ messages }) => JSON.stringify(messages));
    expect(accepted!.length).toBeLessThan(0.6 * refused!.length);
    expect(accepted).toContain(TASK);
    const calls = await database.rows(
      `select status, error_code from llm_calls where session_id = $1 and purpose = 'answer' order by id`,
      [sessionId],
    );
    expect(calls).toEqual([
      { status: 'failed', error_code: 'model.context_exceeded' },
      { status: 'completed', error_code: null },
    ]);
  });

  it('that is refused again ends the run, and the session goes on with the next message', async () => {
    await seed(20, 500);
    const refusal = { status: 400, code: 'context_length_exceeded' };
    models.one.script(refusal, refusal, { text: 'Hello.' });
    const failed = await app.client.ask(sessionId, 'One');
    expect(find(failed, 'run.finished').data.error).toMatchObject({ code: 'model.context_exceeded' });
    expect(await compactions()).toHaveLength(1);
    expect(endOf(await app.client.ask(sessionId, 'Two'))).toBe('completed');
  });

  it('is made smaller once in a step: one that is refused after that ends the run', async () => {
    await seed(200, 300);
    models.one.script({ status: 400, code: 'context_length_exceeded' }, { text: 'It fits.' });
    const events = await app.client.ask(sessionId, 'One');
    expect(endOf(events)).toBe('model.context_exceeded');
    expect((await compactions()).map(({ data }) => data['reason'])).toEqual(['threshold']);
    expect(models.one.requests).toHaveLength(1);
  });

  it('that cannot be made smaller ends the run, and says what is too large', async () => {
    models.one.always({ text: 'Fine.' });
    const events = await app.client.ask(sessionId, 'x'.repeat(60_000));
    expect(find(events, 'run.finished').data.error).toMatchObject({
      code: 'context.too_large',
      message: expect.stringContaining('most of it is the newest messages') as string,
    });
    expect(models.one.requests).toEqual([]);
    expect(endOf(await app.client.ask(sessionId, 'And now?'))).toBe('completed');
  });

  it('tells how full it is, with each message and when asked', async () => {
    models.one.script({ text: 'One.' });
    const events = await app.client.ask(sessionId, 'Hello');
    const { usage } = find(events, 'message.completed').data;
    expect(usage).toMatchObject({
      context_tokens: usage!.prompt_tokens + usage!.completion_tokens,
      context_window: LIMIT.context,
    });
    const { status, body } = await app.client.get(`/v1/sessions/${sessionId}/context`);
    expect(status).toBe(200);
    expect(body).toEqual({
      model: 'large',
      context_window: LIMIT.context,
      tokens: expect.any(Number) as number,
      parts: {
        system: expect.any(Number) as number,
        tools: expect.any(Number) as number,
        instructions: 0,
        checkpoint: 0,
        messages: expect.any(Number) as number,
      },
    });
  });

  it('shows its checkpoint', async () => {
    await seed(200, 300);
    models.one.always({ text: 'Understood.' });
    const events = await app.client.ask(sessionId, 'What was the first task?');
    const { body } = await app.client.get(`/v1/sessions/${sessionId}/context`);
    expect(body.checkpoint).toMatchObject({
      id: find(events, 'context.compacted').data.checkpoint_id,
      based_on: null,
      kind: 'formed',
      reason: 'threshold',
      content: expect.stringContaining(TASK) as string,
    });
    expect(body.parts.checkpoint).toBe(body.checkpoint.tokens);
  });

  it('does not believe a provider that tells much fewer tokens than it was sent', async () => {
    await seed(5, 2_000); // about 5,200 tokens
    models.one.always({ text: 'Fine.' });
    await app.client.ask(sessionId, 'One');
    await database.rows(`update llm_calls set prompt_tokens = 100 where session_id = $1`, [sessionId]);
    const doubted = await app.client.get(`/v1/sessions/${sessionId}/context`);
    await database.rows(`update llm_calls set prompt_tokens = 9000 where session_id = $1`, [sessionId]);
    const believed = await app.client.get(`/v1/sessions/${sessionId}/context`);
    expect(doubted.body.tokens).toBeGreaterThan(5_200);
    expect(doubted.body.tokens).toBeLessThan(8_000);
    expect(believed.body.tokens).toBeGreaterThan(9_000);
  });

  it('has the size that a provider told of the same agent and model, since the last checkpoint', async () => {
    await seed(5, 2_000); // about 5,200 tokens
    models.one.always({ text: 'Fine.' });
    await app.client.ask(sessionId, 'One');
    await database.rows(`update llm_calls set prompt_tokens = 9000 where session_id = $1`, [sessionId]);
    const path = `/v1/sessions/${sessionId}`;
    const size = async () => (await app.client.get(`${path}/context`)).body.tokens as number;
    expect(await size()).toBeGreaterThan(9_000);
    await app.client.call('PATCH', path, { model: 'small' });
    expect(await size()).toBeLessThan(8_000);
    await app.client.call('PATCH', path, { model: null });
    expect(await size()).toBeGreaterThan(9_000);
    await database.rows(`update messages set agent = 'coder' where session_id = $1`, [sessionId]);
    expect(await size()).toBeLessThan(8_000);
    await database.rows(`update messages set agent = 'ask' where session_id = $1 and role = 'assistant'`, [
      sessionId,
    ]);
    expect(await size()).toBeGreaterThan(9_000);
    await app.client.call('PUT', `${path}/context/checkpoint`, { content: 'By hand.', based_on: null });
    expect(await size()).toBeLessThan(8_000);
  });

  it('has its size compared with what the provider tells', async () => {
    models.one.script({ text: 'One.' });
    const counted = await app.growth('context_estimate_error_ratio_count');
    await app.client.ask(sessionId, 'Hello');
    expect(await counted()).toEqual({ context_estimate_error_ratio_count: 1 });
  });

  it('names its session to the cache of the provider', async () => {
    models.one.script({ text: 'One.' });
    await app.client.ask(sessionId, 'Hello');
    expect(models.one.requests[0]).toMatchObject({ prompt_cache_key: sessionId });
  });
});

describe('messages of earlier releases', () => {
  it('are counted while the server works, and estimated until then', async () => {
    models.one.always({ text: 'Fine.' });
    await seed(30, 500);
    await database.rows('update messages set tokens = null where session_id = $1', [sessionId]);
    await database.rows(
      `update message_counting set counted_through = '00000000-0000-0000-0000-000000000000'`,
    );
    expect(endOf(await app.client.ask(sessionId, 'Hello'))).toBe('completed');
    const counter = app.nest.get(MessageCounter, { strict: false });
    expect(await counter.count()).toBeGreaterThanOrEqual(60);
    expect(await counter.count()).toBe(0);
    const [row] = await database.rows<{ n: number; least: number }>(
      `select count(*)::int as n, min(tokens) as least from messages where session_id = $1 and tokens is not null`,
      [sessionId],
    );
    expect(row!.n).toBe(62);
    expect(row!.least).toBeGreaterThan(4);
  });
});
