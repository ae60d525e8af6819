import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { all, find } from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { expectCounted } from '../support/usage-sums.js';
import { Behaviour, RawModel, answer, chunk, event } from './support/raw-model.js';

const COST = { input: 2, output: 10, cache_read: 0.5, cache_write: 4 };
const LIMIT = { context: 128_000 };

const TOLD = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 200 },
  completion_tokens_details: { reasoning_tokens: 70 },
};
/** The same as clients see it, and as it is stored: 200 * 2 + 600 * 0.5 + 200 * 4 + 100 * 10. */
const IS = {
  ...{ prompt_tokens: 1000, completion_tokens: 100, cached_tokens: 600, reasoning_tokens: 70 },
  ...{ cost_micros: 2500, estimated: false },
};
const TWICE = {
  ...{ prompt_tokens: 2000, completion_tokens: 200, cached_tokens: 1200, reasoning_tokens: 140 },
  ...{ cost_micros: 5000, estimated: false },
};
const NOTHING = {
  ...{ prompt_tokens: null, completion_tokens: null, cached_tokens: null, reasoning_tokens: null },
  ...{ cost_micros: null, estimated: false },
};

const says = (text: string, finish = 'stop'): Behaviour =>
  answer(
    chunk({ reasoning_content: 'Hm.' }),
    chunk({ content: text }, finish),
    event({ choices: [], usage: TOLD }),
  );

/** Begins to answer, and goes on until the connection ends. */
const begins =
  (...parts: string[]): Behaviour =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of parts) response.write(part);
  };
const breaksOff: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ reasoning_content: 'Let me think.' }) + chunk({ content: 'Half an ans' }), () =>
    response.destroy(),
  );
};
const refuses =
  (status: number): Behaviour =>
  (response) => {
    response.writeHead(status);
    response.end(JSON.stringify({ error: { message: 'no' } }));
  };

describe('the usage of a run', () => {
  let raw: RawModel;
  let models: TestModels;
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    [raw, models] = [await RawModel.start(), await TestModels.start()];
    await models.write({
      providers: [{ id: 'one', api: 'chat', base_url: raw.url }],
      models: [
        { id: 'large', provider: 'one', limit: LIMIT, cost: COST },
        { id: 'unpriced', provider: 'one', limit: LIMIT },
      ],
      small: undefined,
    });
    app = await TestApp.start(
      { ...models.env, LLM_MAX_RETRIES: '1' },
      { worker: true, circuit: NEVER_OPENS },
    );
  });
  afterAll(async () => {
    await app?.stop();
    await models?.stop();
    raw?.stop();
  });
  beforeEach(async () => {
    sessionId = await app.client.openSession({ agent: 'ask' });
  });

  const ask = (more: object = {}) => app.client.ask(sessionId, 'What is a lease?', more);
  const ledger = () =>
    app.database.rows(
      `select status, prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, cost_micros::int, estimated
         from llm_calls where session_id = $1 order by id`,
      [sessionId],
    );
  const usageOf = (events: readonly SentEvent[]) => find(events, 'run.finished').data.usage;
  /** What an estimate of an answer must be: its tokens by their length, and their price. */
  const estimate = (completion: number, reasoning: number) => ({
    prompt_tokens: expect.any(Number) as number,
    completion_tokens: completion,
    ...{ cached_tokens: 0, reasoning_tokens: reasoning, estimated: true },
  });

  it('is what the provider told, with its price: in message, history, run, ledger and metrics', async () => {
    raw.script(says('A lock.'));
    const counted = [await app.growth('llm_tokens_total'), await app.growth('llm_cost_micros_total')];
    const events = await ask();
    expect(find(events, 'message.completed').data.usage).toMatchObject(IS);
    expect(usageOf(events)).toEqual({ model_calls: 1, ...IS, total_tokens: 1100 });
    expect(await ledger()).toEqual([{ status: 'completed', ...IS }]);
    const { body: history } = await app.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(history.data.at(-1)).toMatchObject({ usage: IS });
    const { body: run } = await app.client.get(`/v1/runs/${events[0]!.run_id}`);
    expect(run.usage).toEqual(usageOf(events));
    expect(await Promise.all(counted.map((growth) => growth()))).toEqual([
      {
        'llm_tokens_total{model="large",type="prompt"}': 1000,
        'llm_tokens_total{model="large",type="completion"}': 100,
        'llm_tokens_total{model="large",type="cached"}': 600,
        'llm_tokens_total{model="large",type="reasoning"}': 70,
      },
      { 'llm_cost_micros_total{model="large"}': 2500 },
    ]);
  });

  it('has no price where its model has none', async () => {
    raw.script(says('A lock.'));
    const events = await ask({ model: 'unpriced' });
    expect(usageOf(events)).toMatchObject({ ...IS, cost_micros: null });
    expect(await ledger()).toEqual([{ status: 'completed', ...IS, cost_micros: null }]);
  });

  it('adds up where an answer goes on', async () => {
    raw.script(says('The first half, ', 'length'), says('and the second.'));
    const events = await ask();
    expect(find(events, 'message.completed').data.usage).toMatchObject(TWICE);
    expect(usageOf(events)).toEqual({ model_calls: 2, ...TWICE, total_tokens: 2200 });
  });

  it('adds up where the run is cancelled in the second half', async () => {
    raw.script(says('The first half, ', 'length'), begins(chunk({ content: 'and the' })));
    const { body } = await app.client.say(sessionId, 'Speak');
    await app.client.readUntil(
      sessionId,
      (told) => told.type === 'message.delta' && told.data.text.includes('and the'),
    );
    await app.client.post(`/v1/runs/${body.run.id}/cancel`);
    const events = await app.client.readUntil(sessionId, isFinished);
    const { content, usage } = find(events, 'message.completed').data;
    expect(content).toBe('The first half, and the');
    expect(usage).toMatchObject({ completion_tokens: 102, cached_tokens: 600, estimated: true });
    expect(usageOf(events)).toMatchObject({ model_calls: 2, ...usage });
  });

  it('is estimated for a call that broke off, and counts for the run', async () => {
    raw.script(breaksOff, says('A lock.'));
    const events = await ask();
    const [first, second] = await ledger();
    expect(first).toMatchObject({ status: 'failed', ...estimate(8, 4) });
    const { prompt_tokens: prompt, cost_micros: cost } = first as {
      prompt_tokens: number;
      cost_micros: number;
    };
    expect(prompt).toBeGreaterThan(100);
    expect(cost).toBe(prompt * COST.input + 8 * COST.output);
    expect(second).toEqual({ status: 'completed', ...IS });
    expect(find(events, 'message.completed').data.usage).toMatchObject(IS);
    expect(usageOf(events)).toMatchObject({
      ...{ prompt_tokens: prompt + 1000, completion_tokens: 108, reasoning_tokens: 74 },
      ...{ cost_micros: cost + 2500, estimated: true },
    });
  });

  it('of a run that fails is that of its calls', async () => {
    raw.script(breaksOff, breaksOff);
    const events = await ask();
    const calls = await ledger();
    expect(calls).toHaveLength(2);
    const cost = calls.reduce((sum, call) => sum + Number(call['cost_micros']), 0);
    expect(find(events, 'run.finished').data).toMatchObject({
      status: 'failed',
      usage: { completion_tokens: 16, cost_micros: cost, estimated: true },
    });
  });

  it.each<[string, string[], number]>([
    ['said something', [chunk({ content: 'Half an answer' })], 4],
    [
      'called a tool',
      [chunk({ tool_calls: [{ function: { name: 'attempt_completion', arguments: '{"result":"Half' } }] })],
      10,
    ],
    ['sent nothing yet', [], 0],
  ])('is estimated where a run is cancelled whose model has %s', async (_, parts, completion) => {
    const asked = Promise.withResolvers<void>();
    raw.behave = async (response, request) => {
      await json(request);
      if (parts.length > 0) begins(...parts)(response, request);
      asked.resolve();
    };
    const { body } = await app.client.say(sessionId, 'Speak');
    await asked.promise;
    if (parts.length > 0) await app.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    await app.client.post(`/v1/runs/${body.run.id}/cancel`);
    const events = await app.client.readUntil(sessionId, isFinished);
    const [call] = await ledger();
    expect(call).toMatchObject({ status: 'aborted', ...estimate(completion, 0) });
    expect(usageOf(events)).toMatchObject({ ...estimate(completion, 0), cost_micros: call!['cost_micros'] });
    for (const { data } of all(events, 'message.completed')) {
      expect(data.usage).toMatchObject(estimate(completion, 0));
    }
  });

  it('is nothing for requests that are refused', async () => {
    raw.script(...[500, 400].map(refuses));
    const events = await ask();
    expect(await ledger()).toEqual([500, 400].map(() => ({ status: 'failed', ...NOTHING })));
    expect(usageOf(events)).toMatchObject({ prompt_tokens: 0, cost_micros: null, estimated: false });
  });

  it('is what the provider told also where the answer is none', async () => {
    const thinksOnly = answer(
      chunk({ reasoning_content: 'Hm.' }),
      chunk({}, 'stop'),
      event({ choices: [], usage: TOLD }),
    );
    raw.script(thinksOnly, says('A lock.'));
    const events = await ask();
    expect(await ledger()).toEqual([
      { status: 'failed', ...IS },
      { status: 'completed', ...IS },
    ]);
    expect(usageOf(events)).toMatchObject(TWICE);
  });

  it('counts the classification, also one that broke off', async () => {
    raw.script(breaksOff, says('A lock.'));
    sessionId = await app.client.openSession();
    const events = await ask();
    const [classification, reply] = await ledger();
    expect(classification).toMatchObject({ status: 'failed', ...estimate(8, 4) });
    expect(reply).toMatchObject(IS);
    expect(usageOf(events)).toMatchObject({
      cost_micros: Number(classification!['cost_micros']) + IS.cost_micros,
      estimated: true,
    });
  });

  it('is estimated where a run is cancelled in its classification', async () => {
    const asked = Promise.withResolvers<void>();
    raw.behave = async (response, request) => {
      await json(request);
      begins(chunk({ content: 'Half an answer' }))(response, request);
      asked.resolve();
    };
    sessionId = await app.client.openSession();
    const { body } = await app.client.say(sessionId, 'Speak');
    await asked.promise;
    await app.client.post(`/v1/runs/${body.run.id}/cancel`);
    const events = await app.client.readUntil(sessionId, isFinished);
    const [call] = await ledger();
    expect(call).toMatchObject({ status: 'aborted', estimated: true });
    expect(call!['prompt_tokens']).toBeGreaterThan(0);
    expect(usageOf(events)).toMatchObject({
      model_calls: 1,
      cost_micros: call!['cost_micros'],
      estimated: true,
    });
  });

  it('of a job, and of all calls together, is what its calls have used', async () => {
    raw.script(says('A lock.'), breaksOff, says('{"title":"Leases","items":[{"kind":"text","text":"One"}]}'));
    await ask();
    const { body: job } = await app.client.post(`/v1/jobs/agents/synopsis_manager/1.0.0`, {
      session_id: sessionId,
    });
    await eventually(async () => {
      const { body } = await app.client.get(`/v1/jobs/${job.job_id}`);
      expect(body.status).toBe('done');
      expect(body.result.usage).toMatchObject({ model_calls: 2, cached_tokens: 600, estimated: true });
      expect(body.result.usage.cost_micros).toBeGreaterThan(IS.cost_micros);
    });
    expect(await expectCounted(app.database)).toBeGreaterThan(20);
  });
});
