import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentDirectory } from '../../src/modules/agents/index.js';
import { RecoverRuns } from '../../src/modules/runs/application/supervision/recover-runs.js';
import { SentEvent, deltasOf, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { all, callIn, find, finish, planIdIn, propose, reads, toolResult } from '../support/scenes.js';
import { Reply } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

let models: TestModels;
let database: TestDatabase;

beforeAll(async () => {
  models = await TestModels.start();
  database = await TestDatabase.create();
});
afterAll(async () => {
  await models.stop();
  await database.drop();
});
beforeEach(() => models.reset());

const start = (env: Record<string, string> = {}) =>
  TestApp.start({ ...models.env, LLM_MAX_RETRIES: '0', ...env }, { database, model: models.one });

const runOf = async (sessionId: string) => {
  const [run] = await database.rows(
    `select id, model, model_chosen, reasoning_effort, status, error
       from runs where session_id = $1 order by id desc limit 1`,
    [sessionId],
  );
  return run!;
};
const ledger = (sessionId: string) =>
  database.rows(
    'select purpose, model, status, error_code, prompt_tokens from llm_calls where session_id = $1 order by id',
    [sessionId],
  );
const endOf = (events: readonly SentEvent[]) => find(events, 'run.finished').data;
const namesAt = (server: TestModels['one']) => server.requests.map(({ model }) => model);

const NOT_CONFIGURED = {
  status: 404,
  body: { code: 'model.not_configured', detail: 'There is no model gone; there are large, small, other' },
};

describe('a file of models', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.stop());

  it('gives a message its model, by the name at its provider', async () => {
    models.two.script({ text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const counted = await app.growth('llm_requests_total');
    expect(endOf(await app.client.ask(sessionId, 'Hello', { model: 'other' }))).toMatchObject({
      status: 'completed',
    });
    expect(namesAt(models.two)).toEqual(['other-name']);
    expect(await runOf(sessionId)).toMatchObject({ model: 'other', model_chosen: true });
    expect(await ledger(sessionId)).toMatchObject([{ purpose: 'answer', model: 'other' }]);
    expect(await counted()).toEqual({ 'llm_requests_total{model="other",outcome="success"}': 1 });
  });

  it.each([
    ['the message', { model: 'other' }, 'small', 'other'],
    ['the session', {}, 'other', 'other'],
    ['the default', {}, undefined, 'large'],
  ])('lets %s choose', async (_, message, session, expected) => {
    models.one.always({ text: 'Here.' });
    models.two.always({ text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask', ...(session && { model: session }) });
    await app.client.ask(sessionId, 'Hello', message);
    const { id, model } = await runOf(sessionId);
    expect(model).toBe(expected);
    expect((await app.client.get(`/v1/runs/${id}`)).body).toMatchObject({ model: expected });
    expect(await ledger(sessionId)).toMatchObject([{ model: expected }]);
  });

  it('takes the choice of a message for its run only, and that of a session until it is taken back', async () => {
    models.one.always({ text: 'Here.' });
    models.two.always({ text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const path = `/v1/sessions/${sessionId}`;
    await app.client.ask(sessionId, 'Hello', { model: 'other' });
    await app.client.ask(sessionId, 'Hello');
    const changed = await app.client.call('PATCH', path, { model: 'small', reasoning_effort: null });
    expect(changed.body).toMatchObject({ model: 'small', reasoning_effort: null, model_missing: false });
    await app.client.ask(sessionId, 'Hello');
    await app.client.call('PATCH', path, { model: null });
    await app.client.ask(sessionId, 'Hello');
    expect((await ledger(sessionId)).map(({ model }) => model)).toEqual(['other', 'large', 'small', 'large']);
    expect((await app.client.get(path)).body).toMatchObject({ model: null, model_missing: false });
  });

  it('has the small model classify, also where another is chosen for the answers', async () => {
    models.two.script({ text: 'Here.' });
    const sessionId = await app.client.openSession();
    await app.client.ask(sessionId, 'Fix it', { model: 'other' });
    expect(await ledger(sessionId)).toMatchObject([
      { purpose: 'classification', model: 'small' },
      { purpose: 'answer', model: 'other' },
    ]);
  });

  it('keeps the choice in a queued message, and through the subtasks of a plan', async () => {
    models.reset();
    models.two.script(propose(), finish('Written.'), finish('It works.'), { text: 'And that.' });
    const sessionId = await app.client.openSession({ agent: 'architect' });
    const planned = await app.client.ask(sessionId, 'Plan it', { model: 'other' });
    const plan_id = planIdIn(planned);
    const events = await app.client.stream(sessionId, {
      type: 'plan_decision',
      plan_id,
      decision: 'approve',
    });
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(namesAt(models.two)).toEqual(['other-name', 'other-name', 'other-name']);

    models.one.script({ ...reads(), pace: { firstTokenMs: 50 } }, { text: 'Read.' });
    const busy = await app.client.ask(sessionId, 'Read it', { agent: 'ask' });
    await app.client.say(sessionId, 'And then?', {
      model: 'other',
      reasoning_effort: undefined,
      on_busy: 'queue',
    });
    await app.client.stream(sessionId, toolResult(callIn(busy)));
    await eventually(async () =>
      expect(await runOf(sessionId)).toMatchObject({ status: 'completed', model: 'other' }),
    );
    expect(namesAt(models.one)).toEqual(['large-2026', 'large-2026']);
  });

  it('sends the limit of an answer and the effort of reasoning where the model has them', async () => {
    models.one.always({ text: 'Here.' });
    models.two.always({ text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask', reasoning_effort: 'low' });
    await app.client.ask(sessionId, 'Hello', { reasoning_effort: 'high' });
    await app.client.ask(sessionId, 'Hello');
    await app.client.ask(sessionId, 'Hello', { model: 'other' });
    const sent = [...models.one.requests, ...models.two.requests] as unknown as Record<string, unknown>[];
    expect(sent.map((body) => [body['max_completion_tokens'], body['reasoning_effort']])).toEqual([
      [16_000, 'high'],
      [16_000, 'low'],
      [undefined, undefined],
    ]);
    expect(await runOf(sessionId)).toMatchObject({ reasoning_effort: 'low' });
  });

  it('sends the temperature of the agent to models that do not reason', async () => {
    models.one.always({ text: 'Here.' });
    models.two.always({ text: 'Here.' });
    const agents = app.nest.get(AgentDirectory);
    const ask = await agents.get('local', 'ask');
    const agent = vi.spyOn(agents, 'ofRun').mockResolvedValue({ ...ask, temperature: 0 });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    for (const model of ['large', 'other']) await app.client.ask(sessionId, 'Hello', { model });
    agent.mockRestore();
    await app.client.ask(sessionId, 'Hello', { model: 'other' });
    const sent = [...models.one.requests, ...models.two.requests] as unknown as Record<string, unknown>[];
    expect(sent.map((body) => body['temperature'])).toEqual([undefined, 0, undefined]);
  });

  it('refuses a model that there is not, and lists those that there are', async () => {
    const sessionId = await app.client.openSession();
    const path = `/v1/sessions/${sessionId}`;
    expect(await app.client.say(sessionId, 'Hello', { model: 'gone' })).toMatchObject(NOT_CONFIGURED);
    expect(await app.client.post('/v1/sessions', { model: 'gone' })).toMatchObject(NOT_CONFIGURED);
    expect(await app.client.call('PATCH', path, { model: 'gone' })).toMatchObject(NOT_CONFIGURED);
    expect(await database.rows('select 1 from runs where session_id = $1', [sessionId])).toEqual([]);
  });

  it.each([
    [{ reasoning_effort: 'extreme' }, 'must be one of low, high for the model large'],
    [{ reasoning_effort: 'low', model: 'other' }, 'cannot be chosen for the model other'],
  ])('refuses %j: an effort that the model does not know', async (choice, message) => {
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const refused = { status: 400, body: { errors: [{ field: 'reasoning_effort', message }] } };
    expect(await app.client.say(sessionId, 'Hello', choice)).toMatchObject(refused);
    expect(await app.client.post('/v1/sessions', choice)).toMatchObject(refused);
    expect(await app.client.call('PATCH', `/v1/sessions/${sessionId}`, choice)).toMatchObject(refused);
  });

  it('is listed, with what clients need to know', async () => {
    const { body } = await app.client.get('/v1/models');
    expect(body).toMatchObject({
      data: [
        {
          id: 'large',
          provider: 'one',
          default: true,
          available: true,
          limit: { context: 128_000, input: null, output: 16_000 },
          assumed: false,
          cost: null,
          modalities: { input: ['text'], output: ['text'] },
          reasoning: ['low', 'high'],
        },
        { id: 'small', default: false },
        { id: 'other', provider: 'two', limit: { context: 64_000, output: null } },
      ],
      has_more: false,
    });
    expect(JSON.stringify(body)).not.toMatch(/key-of|127\.0\.0\.1/);
  });
});

describe('the circuit', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.stop());

  it('is one for each provider', async () => {
    models.two.always({ status: 503 });
    models.one.always({ text: 'Here.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const codes: (string | undefined)[] = [];
    for (let time = 0; time < 6; time++) {
      codes.push(endOf(await app.client.ask(sessionId, 'Hello', { model: 'other' })).error?.code);
    }
    expect(codes.slice(-2)).toEqual(['model.server_error', 'model.circuit_open']);
    expect(endOf(await app.client.ask(sessionId, 'Hello'))).toMatchObject({ status: 'completed' });
    const { body } = await app.client.get('/v1/models');
    expect(body.data.map((model: { id: string; available: boolean }) => [model.id, model.available])).toEqual(
      [
        ['large', true],
        ['small', true],
        ['other', false],
      ],
    );
    expect(await app.metric('llm_circuit_state{provider="')).toEqual([
      'llm_circuit_state{provider="one"} 0',
      'llm_circuit_state{provider="two"} 2',
    ]);
  });
});

describe('another file at the next start', () => {
  const withoutOther = () => ({ models: models.content.models.slice(0, 2) });

  /** A session whose run waits for the result of a tool when its server stops. */
  const leftWaiting = async (message: object) => {
    const before = await start();
    models.one.script(reads());
    models.two.script(reads());
    const sessionId = await before.client.openSession({ agent: 'ask' });
    const callId = callIn(await before.client.ask(sessionId, 'Hello', message));
    await before.stop();
    models.reset();
    return { sessionId, callId };
  };

  const restarted = async (change: object, work: (app: TestApp) => Promise<void>) => {
    await models.write(change);
    const app = await start();
    try {
      await work(app);
    } finally {
      await app.stop();
      await models.write();
    }
  };

  it('leaves a run the model that was the default when it began', async () => {
    const { sessionId, callId } = await leftWaiting({});
    await restarted({ default: 'other' }, async (app) => {
      models.one.script({ text: 'Here.' });
      models.two.script({ text: 'Another.' });
      expect(endOf(await app.client.stream(sessionId, toolResult(callId)))).toMatchObject({
        status: 'completed',
      });
      expect(namesAt(models.one)).toEqual(['large-2026']);
      await app.client.ask(sessionId, 'And now?');
      expect(namesAt(models.two)).toEqual(['other-name']);
    });
  });

  it('ends a run whose model is gone, and says which there are', async () => {
    const { sessionId, callId } = await leftWaiting({ model: 'other' });
    await restarted(withoutOther(), async (app) => {
      const events = await app.client.stream(sessionId, toolResult(callId));
      const error = {
        code: 'model.not_configured',
        message: 'There is no model other; there are large, small',
      };
      expect(endOf(events)).toMatchObject({ status: 'failed', error });
      expect(await ledger(sessionId)).toMatchObject([
        { status: 'completed' },
        { status: 'failed', error_code: 'model.not_configured' },
      ]);
    });
  });

  it('is skipped in a session whose model is gone, which tells so', async () => {
    const before = await start();
    const sessionId = await before.client.openSession({ agent: 'ask', model: 'other' });
    await before.stop();
    await restarted(withoutOther(), async (app) => {
      models.one.script({ text: 'Here.' });
      expect((await app.client.get(`/v1/sessions/${sessionId}`)).body).toMatchObject({
        model: 'other',
        model_missing: true,
      });
      expect(endOf(await app.client.ask(sessionId, 'Hello'))).toMatchObject({ status: 'completed' });
      expect(await runOf(sessionId)).toMatchObject({ model: 'large', model_chosen: false });
    });
  });

  it('is asked for by an agent of a user: what needs the model says which there are, as openapi.json tells', async () => {
    const before = await start();
    const definition = '---\ndescription: Mine.\nmodel: other\n---\n\nYou explain.';
    expect((await before.client.call('PUT', '/v1/agents/mine', { definition })).status).toBe(200);
    const sessionId = await before.client.openSession({ agent: 'mine' });
    await before.stop();
    const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
      paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
    };
    const path = '/v1/sessions/{session_id}';
    await restarted(withoutOther(), async (app) => {
      for (const [method, route, body] of [
        ['GET', `${path}/context`, undefined],
        ['PUT', `${path}/context/checkpoint`, { content: 'By hand.', based_on: null }],
        ['POST', `${path}/messages`, { type: 'user_message', content: 'Hello' }],
      ] as const) {
        const answer = await app.client.call(method, route.replace('{session_id}', sessionId), body);
        expect([answer.status, answer.body.code]).toEqual([404, 'model.not_configured']);
        const described = paths[route]![method.toLowerCase()]!.responses['404'];
        expect(JSON.stringify(described)).toContain('model.not_configured');
      }
    });
  });
});

describe('a run that is taken over', () => {
  it('goes on with its model', async () => {
    const app = await start();
    try {
      models.two.script(
        { text: 'word '.repeat(200), pace: { chunk: 5, tokensPerSecond: 50 } },
        { text: 'Here.' },
      );
      const sessionId = await app.client.openSession({ agent: 'ask' });
      await app.client.say(sessionId, 'Hello', { model: 'other' });
      await app.client.readUntil(sessionId, (event) => event.type === 'message.delta');
      await database.rows(
        `update runs set lease_token = gen_random_uuid(), lease_expires_at = now() - interval '1 second'
          where session_id = $1 and status = 'running'`,
        [sessionId],
      );
      await app.nest.get(RecoverRuns).execute();
      const events = await app.client.readUntil(sessionId, isFinished);
      expect(endOf(events)).toMatchObject({ status: 'completed' });
      expect(await runOf(sessionId)).toMatchObject({ model: 'other', model_chosen: true });
      expect(namesAt(models.two)).toEqual(['other-name', 'other-name']);
    } finally {
      await app.stop();
    }
  });
});

describe('the output limit', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app.stop());

  const openSession = () => app.client.openSession({ agent: 'ask' });
  const CUT = { text: 'The first half, ', finishReason: 'length' };

  it('in a text: the model is asked once to go on, within the same message', async () => {
    models.one.script(CUT, { text: 'and the second.' });
    const sessionId = await openSession();
    const events = await app.client.ask(sessionId, 'Tell me');
    const [message, ...more] = all(events, 'message.completed');
    expect(more).toEqual([]);
    const { message_id, content, usage } = message!.data;
    expect(message!.data).toMatchObject({
      content: 'The first half, and the second.',
      finish_reason: 'stop',
    });
    expect([...deltasOf(events)]).toEqual([[message_id, content]]);
    expect(models.one.requests[1]!.messages.slice(-2)).toMatchObject([
      { role: 'assistant', content: 'The first half, ' },
      { role: 'user', content: expect.stringContaining('cut off at the output limit') as string },
    ]);
    const calls = await ledger(sessionId);
    expect(calls).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
    const prompt = calls.reduce((sum, call) => sum + Number(call['prompt_tokens']), 0);
    expect(usage).toMatchObject({ prompt_tokens: prompt });
    expect(endOf(events)).toMatchObject({
      status: 'completed',
      usage: { model_calls: 2, prompt_tokens: prompt },
    });
  });

  it.each<[string, Reply, string]>([
    ['cut off again', { text: 'and a third', finishReason: 'length' }, 'The first half, and a third'],
    ['refused', { status: 500 }, 'The first half, '],
  ] as never)(
    'in a text whose rest is %s: the run is completed with what there is',
    async (_, rest, content) => {
      models.one.script(CUT, rest);
      const sessionId = await openSession();
      const events = await app.client.ask(sessionId, 'Tell me');
      expect(find(events, 'message.completed').data).toMatchObject({ content, finish_reason: 'length' });
      expect(endOf(events)).toMatchObject({ status: 'completed' });
      expect(models.one.requests).toHaveLength(2);
    },
  );

  it('in a call: the model is told, as often as it happens', async () => {
    const cut = { calls: [{ name: 'read_file', args: '{"path":"a' }], finishReason: 'length' };
    models.one.script(...Array.from({ length: 5 }, () => cut), { text: 'Done.' });
    const sessionId = await openSession();
    const events = await app.client.ask(sessionId, 'Read');
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    const answers = models.one.requests.at(-1)!.messages.filter(({ role }) => role === 'tool');
    expect(new Set(answers.map(({ content }) => content))).toEqual(
      new Set(['Error: This call was cut off at the output limit; write smaller pieces']),
    );
    expect(answers).toHaveLength(5);
  });
});

describe('without a file', () => {
  it('there is the model of the settings, and runs note none', async () => {
    const app = await TestApp.start({}, { database, model: models.one });
    try {
      models.one.script({ text: 'Here.' });
      const sessionId = await app.client.openSession({ agent: 'ask' });
      await app.client.ask(sessionId, 'Hello');
      expect(namesAt(models.one)).toEqual(['gpt-5-mini']);
      expect(models.one.requests[0]).not.toHaveProperty('max_completion_tokens');
      expect(await runOf(sessionId)).toMatchObject({ model: null, model_chosen: false });
      const { body } = await app.client.get('/v1/models');
      expect(body.data).toMatchObject([
        { id: 'gpt-5-mini', provider: 'default', default: true, assumed: true, limit: { context: 32_768 } },
      ]);
      expect(await app.client.say(sessionId, 'Hello', { model: 'other' })).toMatchObject({ status: 404 });
    } finally {
      await app.stop();
    }
  });
});
