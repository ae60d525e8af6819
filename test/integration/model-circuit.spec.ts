import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CIRCUIT_LIMITS } from '../../src/modules/models/infrastructure/model-circuit.js';
import { SentEvent, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { find } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

/** Runs need not wait for their retries. */
const DOWN = { status: 503, retryAfter: 0 };
const OK = { text: 'All is well.' };
const SLOW = { text: 'one after the other '.repeat(10), pace: { chunk: 4, tokensPerSecond: 25 } };
/** The number of failures in a row that opens it. */
const FAILURES = CIRCUIT_LIMITS.failures;
/** Long enough that no test sees the end of it. */
const FOR_LONG = { ...CIRCUIT_LIMITS, openMs: 600_000 };
const FOR_A_MOMENT = { ...CIRCUIT_LIMITS, openMs: 3000 };

const [CLOSED, HALF_OPEN, OPEN] = ['0', '1', '2'];

const endOf = (events: SentEvent[]) => find(events, 'run.finished').data;
const failedBy = (code: string) => ({ status: 'failed', error: { code } });

describe('a model endpoint that is down', () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let app: TestApp;

  beforeAll(async () => {
    database = await TestDatabase.create();
    model = await ScriptedModel.start();
  });
  afterAll(async () => {
    await model.stop();
    await database.drop();
  });
  beforeEach(() => model.reset());
  afterEach(() => app.stop());

  /** Each test has a circuit of its own. */
  const start = async (circuit: typeof FOR_LONG, retries: number) => {
    app = await TestApp.start({ LLM_MAX_RETRIES: String(retries) }, { database, model, circuit });
  };
  const openSession = () => app.client.openSession({ agent: 'ask' });
  const ask = async () => app.client.ask(await openSession(), 'Hello');
  const askTimes = async (times: number) => {
    const ends = [];
    for (let time = 0; time < times; time++) ends.push(endOf(await ask()));
    return ends;
  };
  const bringDown = async () => {
    await Promise.all(Array.from({ length: FAILURES }, ask));
    expect(await state()).toBe(OPEN);
  };
  const state = async () => (await app.metric('llm_circuit_state'))[0]?.split(' ')[1];
  const ledger = (sessionId: string) =>
    database.rows('select status, error_code from llm_calls where session_id = $1 order by id', [sessionId]);

  it('is left alone after some failures, and runs fail at once with a code of their own', async () => {
    await start(FOR_LONG, 0);
    const ended = await app.growth('llm_requests_total');
    model.always(DOWN);
    expect(await state()).toBe(CLOSED);
    for (const end of await askTimes(FAILURES)) expect(end).toMatchObject(failedBy('model.server_error'));
    expect(model.requests).toHaveLength(FAILURES);
    expect(await state()).toBe(OPEN);
    for (const end of await Promise.all([ask(), ask(), ask()])) {
      expect(endOf(end)).toMatchObject({
        status: 'failed',
        error: {
          code: 'model.circuit_open',
          message:
            'The model’s provider failed; after several failures its endpoint is left alone for a moment',
        },
      });
    }
    expect(model.requests).toHaveLength(FAILURES);
    expect(await ended()).toEqual({
      'llm_requests_total{model="gpt-5-mini",outcome="circuit_open"}': 3,
      'llm_requests_total{model="gpt-5-mini",outcome="server_error"}': FAILURES,
    });
  });

  it('is not asked for a classification either: the words of the task decide', async () => {
    await start(FOR_LONG, 0);
    model.always(DOWN);
    await askTimes(FAILURES);
    const sessionId = await app.client.openSession();
    const events = await app.client.ask(sessionId, 'Explain this');
    const refused = { status: 'failed', error_code: 'model.circuit_open' };
    expect(await ledger(sessionId)).toEqual([refused, refused]);
    const [switched] = events.filter((event) => event.type === 'agent.switched');
    expect(switched!.data).toMatchObject({ to: 'ask', confidence: 'low' });
    expect(endOf(events)).toMatchObject(failedBy('model.circuit_open'));
  });

  it('is something else than one prompt that it cannot answer, however often that is tried', async () => {
    await start(FOR_LONG, FAILURES - 1);
    model.always(DOWN);
    const sessionId = await app.client.openSession();
    const events = await app.client.ask(sessionId, 'Explain this');
    expect(endOf(events)).toMatchObject(failedBy('model.server_error'));
    expect(model.requests).toHaveLength(FAILURES);
    expect(await state()).toBe(CLOSED);
  });

  it('is asked again after a while, by one call first; runs that tried meanwhile lose nothing', async () => {
    await start(FOR_A_MOMENT, 1);
    const retries = await app.growth('llm_retries_total');
    const sessions = await Promise.all([openSession(), openSession(), openSession()]);
    model.always(DOWN);
    await bringDown();
    model.reset();
    model.always(OK);
    const asked = await Promise.all(sessions.map((session) => app.client.ask(session, 'Hello')));
    expect(asked.map(endOf)).toMatchObject(sessions.map(() => ({ status: 'completed' })));
    expect(model.requests).toHaveLength(sessions.length);
    expect(await state()).toBe(CLOSED);
    // One retry was enough for each: it came when the circuit was ready for it, and waited for the first of them.
    for (const session of sessions) {
      expect(await ledger(session)).toEqual([
        { status: 'failed', error_code: 'model.circuit_open' },
        { status: 'completed', error_code: null },
      ]);
    }
    expect(await retries()).toMatchObject({
      'llm_retries_total{model="gpt-5-mini",code="model.circuit_open"}': expect.any(Number),
    });
  });

  it('is left alone again when it still fails: one request tells all', async () => {
    await start(FOR_A_MOMENT, 1);
    model.always(DOWN);
    await bringDown();
    model.requests.length = 0;
    const ends = (await Promise.all([ask(), ask(), ask()])).map(endOf);
    expect(model.requests).toHaveLength(1);
    expect(ends.map((end) => end.error!.code).toSorted()).toEqual([
      'model.circuit_open',
      'model.circuit_open',
      'model.server_error',
    ]);
    expect(await state()).toBe(OPEN);
  });

  it('that only breaks off its answers is left alone too', async () => {
    await start(FOR_LONG, 0);
    model.always({ text: 'This will never be finished', cutAfterChunks: 3, pace: { chunk: 5 } });
    const ends = await askTimes(FAILURES + 1);
    expect(ends[0]).toMatchObject(failedBy('model.stream_cut'));
    expect(ends.at(-1)).toMatchObject(failedBy('model.circuit_open'));
  });

  it('does not lose the answers that are on their way', async () => {
    await start(FOR_LONG, 0);
    model.script(SLOW);
    model.always(DOWN);
    const sessionId = await openSession();
    const slow = app.client.ask(sessionId, 'Hello');
    await eventually(() => expect(model.requests).toHaveLength(1));
    await bringDown();
    expect(endOf(await slow)).toMatchObject({ status: 'completed' });
  });

  it('is trusted again with the first words of an answer, however long it goes on', async () => {
    await start(FOR_A_MOMENT, 1);
    model.always(DOWN);
    await bringDown();
    model.reset();
    model.script({ text: SLOW.text.repeat(3), pace: { ...SLOW.pace, firstTokenMs: 1000 } });
    model.always(OK);
    const slow = ask();
    await eventually(async () => expect(await state()).toBe(HALF_OPEN));
    let ended = false;
    void slow.then(() => (ended = true));
    expect(endOf(await ask())).toMatchObject({ status: 'completed' });
    expect(ended).toBe(false);
    expect(endOf(await slow)).toMatchObject({ status: 'completed' });
  });

  it.each([
    [401, 'model.unauthorized'],
    [400, 'model.request_refused'],
    [429, 'model.rate_limited'],
  ])('is something else than one that refuses (%i)', async (status, code) => {
    await start(FOR_LONG, 0);
    model.always({ status });
    const ends = await askTimes(CIRCUIT_LIMITS.signs + 1);
    expect(ends).toMatchObject(ends.map(() => failedBy(code)));
    expect(model.requests).toHaveLength(ends.length);
    expect(await state()).toBe(CLOSED);
  });

  it('is something else than runs that are cancelled', async () => {
    await start(FOR_LONG, 0);
    model.always({ ...OK, pace: { firstTokenMs: 20_000 } });
    for (let time = 1; time <= FAILURES + 1; time++) {
      const sessionId = await openSession();
      const { body } = await app.client.say(sessionId, 'Hello');
      await eventually(() => expect(model.requests).toHaveLength(time));
      await app.client.post(`/v1/runs/${body.run.id}/cancel`);
      expect(endOf(await app.client.readUntil(sessionId, isFinished))).toMatchObject({ status: 'cancelled' });
    }
    expect(await state()).toBe(CLOSED);
    model.reset();
    model.always(OK);
    expect(endOf(await ask())).toMatchObject({ status: 'completed' });
  });
});
