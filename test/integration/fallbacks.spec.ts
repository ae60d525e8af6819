import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RecoverRuns } from '../../src/modules/runs/application/supervision/recover-runs.js';
import { CIRCUIT_LIMITS } from '../../src/modules/models/infrastructure/model-circuit.js';
import { SentEvent, deltasOf, isFinished, typesOf } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import {
  all,
  callIn,
  find,
  finish,
  planDecision,
  planIdIn,
  propose,
  reads,
  toolResult,
} from '../support/scenes.js';
import { Reply } from '../support/scripted-model.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';
import { ModelServers } from './support/model-servers.js';
import { Behaviour, RawModel, chunk } from './support/raw-model.js';

const OK = { text: 'Here.' };
const DOWN = { status: 503 };
/** Holds less than large and other, but twice every agent. */
const NARROW = { id: 'narrow', provider: 'two', name: 'narrow-name', limit: { context: 16_000 } };

let servers: ModelServers;
let models: TestModels;
let raw: RawModel;
let database: TestDatabase;
let app: TestApp;
let sessionId: string;

beforeAll(async () => {
  servers = await ModelServers.start();
  ({ models, raw, database } = servers);
});
afterAll(() => servers.stop());
beforeEach(() => {
  models.reset();
  models.two.always(OK);
});

const start = async (env: Record<string, string> = {}, circuit = NEVER_OPENS) => {
  app = await TestApp.start(
    { ...models.env, LLM_MAX_RETRIES: '1', ...env },
    { database, model: models.one, circuit },
  );
};
const fallingBack = (fallbacks: object = { large: ['other'] }) =>
  models.write({ fallbacks, models: [...models.content.models, NARROW] });
/** The server of large and small is the raw one. */
const rawly = () =>
  models.write({
    fallbacks: { large: ['other'] },
    providers: servers.providersWithRaw('one'),
  });

const openSession = async () => {
  sessionId = await app.client.openSession({ agent: 'ask' });
};
const ask = (more: object = {}) => app.client.ask(sessionId, 'Hello', more);
const runOf = async () => {
  const [run] = await database.rows(
    'select id, model, model_switches, status, attempt from runs where session_id = $1 order by id desc limit 1',
    [sessionId],
  );
  return run!;
};
const ledger = async () =>
  (
    await database.rows('select model, status, error_code from llm_calls where session_id = $1 order by id', [
      sessionId,
    ])
  ).map((call) => [call['model'], call['error_code'] ?? call['status']]);
const endOf = (events: readonly SentEvent[]) => find(events, 'run.finished').data;
const switchesIn = (events: readonly SentEvent[]) => all(events, 'model.switched').map(({ data }) => data);
const namesAt = (server: TestModels['one']) => server.requests.map(({ model }) => model);

const expire = () =>
  database.rows(
    `update runs set lease_token = gen_random_uuid(), lease_expires_at = now() - interval '1 second'
      where session_id = $1 and status = 'running'`,
    [sessionId],
  );

describe('a model with a fallback', () => {
  beforeAll(async () => {
    await fallingBack();
    await start();
  });
  afterAll(() => app.stop());
  beforeEach(openSession);

  it.each<[string, Reply, string, number]>([
    ['fails on every try', DOWN, 'model.server_error', 2],
    ['is overloaded', { status: 429, retryAfter: 0 }, 'model.rate_limited', 2],
    ['asks for a long wait', { status: 429, retryAfter: 6 }, 'model.rate_limited', 1],
    ['has no quota left', { status: 429, code: 'insufficient_quota' }, 'model.quota_exceeded', 1],
  ])('that %s is replaced by it', async (_, reply, code, tries) => {
    models.one.always(reply);
    const counted = await app.growth('llm_fallbacks_total');
    const events = await ask();
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(switchesIn(events)).toEqual([{ from: 'large', to: 'other', reason: code }]);
    expect(all(events, 'message.started')).toHaveLength(1);
    expect(typesOf(events)).not.toContain('message.discarded');
    const { id, ...run } = await runOf();
    expect(run).toMatchObject({ model: 'other', model_switches: [{ from: 'large', to: 'other' }] });
    expect((await app.client.get(`/v1/runs/${String(id)}`)).body).toMatchObject({ model: 'other' });
    expect(await ledger()).toEqual([
      ...Array.from({ length: tries }, () => ['large', code]),
      ['other', 'completed'],
    ]);
    expect(namesAt(models.two)).toEqual(['other-name']);
    expect(await counted()).toEqual({ [`llm_fallbacks_total{code="${code}"}`]: 1 });
    expect(find(events, 'message.completed').data.usage).toMatchObject({ context_window: 64_000 });
  });

  it.each<[Reply, string]>([
    [{ status: 401 }, 'model.unauthorized'],
    [{ status: 400 }, 'model.request_refused'],
    [{ status: 404 }, 'model.not_found'],
    [{ status: 400, code: 'context_length_exceeded' }, 'model.context_exceeded'],
    [{ status: 400, code: 'content_filter' }, 'model.content_filtered'],
  ])('that refuses (%j) ends the run', async (reply, code) => {
    models.one.always(reply);
    const events = await ask();
    expect(endOf(events)).toMatchObject({ status: 'failed', error: { code } });
    expect(switchesIn(events)).toEqual([]);
    expect(models.two.requests).toEqual([]);
    expect(await runOf()).toMatchObject({ model: 'large', model_switches: [] });
  });

  it('is replaced for the rest of the run, and asked first in the next one', async () => {
    models.one.always(DOWN);
    models.two.reset();
    models.two.script(reads(), OK);
    const waiting = await ask();
    const rest = await app.client.stream(sessionId, toolResult(callIn(waiting)));
    expect(endOf(rest)).toMatchObject({ status: 'completed' });
    expect((await ledger()).map(([model]) => model)).toEqual(['large', 'large', 'other', 'other']);
    models.one.reset();
    models.one.script(OK);
    await ask();
    expect(await runOf()).toMatchObject({ model: 'large', model_switches: [] });
  });

  const CUT = { text: 'The first half, ', finishReason: 'length' };
  const REST = { text: 'and the second.' };

  it.each<[string, Reply[], Reply[], string[]]>([
    ['asked once more', [CUT, DOWN, REST], [], ['large', 'large', 'large']],
    ['replaced', [CUT, DOWN, DOWN], [REST], ['large', 'large', 'large', 'other']],
  ])('that does not go on with its answer is %s, within the same message', async (_, one, two, asked) => {
    models.one.script(...one);
    models.two.reset();
    models.two.script(...two);
    const events = await ask();
    expect(switchesIn(events)).toHaveLength(two.length);
    expect(all(events, 'message.started')).toHaveLength(1);
    const { message_id, content, finish_reason } = find(events, 'message.completed').data;
    expect([...deltasOf(events)]).toEqual([[message_id, content]]);
    expect([content, finish_reason]).toEqual(['The first half, and the second.', 'stop']);
    expect(endOf(events)).toMatchObject({ status: 'completed', usage: { model_calls: 2 } });
    expect((await ledger()).map(([model]) => model)).toEqual(asked);
    const goesOn = (two.length > 0 ? models.two : models.one).requests.at(-1)!;
    expect(goesOn.messages.at(-2)).toMatchObject({ role: 'assistant', content: CUT.text });
  });

  it('is replaced where a user chose it, too', async () => {
    models.one.always(DOWN);
    expect(endOf(await ask({ model: 'large' }))).toMatchObject({ status: 'completed' });
    expect(await runOf()).toMatchObject({ model: 'other' });
  });

  it('is replaced for all subtasks of a plan, whose agents bring it again', async () => {
    models.one.script(propose(), DOWN, DOWN);
    models.two.reset();
    models.two.script(finish('Written.'), finish('It works.'), OK);
    const planned = await ask({ agent: 'architect' });
    const events = await app.client.stream(sessionId, planDecision(planIdIn(planned), 'approve'));
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(switchesIn(events)).toHaveLength(1);
    expect((await ledger()).map(([model]) => model)).toEqual([
      ...['large', 'large', 'large'],
      ...['other', 'other'],
    ]);
  });
});

describe('a list of fallbacks', () => {
  afterEach(async () => {
    await app.stop();
    await models.write();
  });

  it('is walked once, and the last failure ends the run', async () => {
    await fallingBack({ large: ['small', 'other'], small: ['other'] });
    await start({ LLM_MAX_RETRIES: '0' });
    await openSession();
    models.one.always(DOWN);
    models.two.reset();
    models.two.always({ status: 429, retryAfter: 7200 });
    const events = await ask();
    expect(switchesIn(events)).toMatchObject([
      { from: 'large', to: 'small' },
      { from: 'small', to: 'other', reason: 'model.server_error' },
    ]);
    expect(endOf(events)).toMatchObject({ status: 'failed', error: { code: 'model.rate_limited' } });
    expect(await ledger()).toEqual([
      ['large', 'model.server_error'],
      ['small', 'model.server_error'],
      ['other', 'model.rate_limited'],
    ]);
  });

  it('skips a model without room for the conversation', async () => {
    await fallingBack({ large: ['narrow', 'other'] });
    await start({ LLM_MAX_RETRIES: '0' });
    await openSession();
    models.one.always(DOWN);
    const short = await ask();
    expect(switchesIn(short)).toMatchObject([{ to: 'narrow' }]);
    const long = await app.client.ask(sessionId, 'word '.repeat(12_000));
    expect(switchesIn(long)).toMatchObject([{ to: 'other' }]);
    expect(namesAt(models.two)).toEqual(['narrow-name', 'other-name']);
  });

  it('skips one without room for what the provider told of the conversation', async () => {
    await fallingBack({ large: ['narrow', 'other'] });
    await start({ LLM_MAX_RETRIES: '0' });
    await openSession();
    models.one.script(OK);
    await ask();
    await database.rows('update llm_calls set prompt_tokens = 15500 where session_id = $1', [sessionId]);
    models.one.reset();
    models.one.always(DOWN);
    expect(switchesIn(await ask())).toMatchObject([{ to: 'other' }]);
  });

  it('is used at once while the circuit of the provider is open', async () => {
    await fallingBack();
    await start({}, { ...CIRCUIT_LIMITS, openMs: 60_000 });
    models.one.always(DOWN);
    await Promise.all(
      Array.from({ length: CIRCUIT_LIMITS.failures }, async () => {
        const other = await app.client.openSession({ agent: 'ask' });
        return app.client.ask(other, 'Hello');
      }),
    );
    await openSession();
    models.one.requests.length = 0;
    const events = await ask();
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(switchesIn(events)).toEqual([{ from: 'large', to: 'other', reason: 'model.circuit_open' }]);
    expect(models.one.requests).toEqual([]);
    expect(await ledger()).toEqual([
      ['large', 'model.circuit_open'],
      ['other', 'completed'],
    ]);
  });
});

describe('a provider that is tried again', () => {
  it('lets other runs go to the fallback at once, and its answer counts as before', async () => {
    await rawly();
    await start({ LLM_MAX_RETRIES: '0' }, { ...CIRCUIT_LIMITS, failures: 2, openMs: 50 });
    await openSession();
    raw.behave = (response) => response.destroy();
    await ask();
    await ask();
    const tried = Promise.withResolvers<ServerResponse>();
    raw.behave = (response) => tried.resolve(response);
    await eventually(async () => {
      const { body } = await app.client.get('/v1/models');
      expect((body.data as { available: boolean }[]).every(({ available }) => available)).toBe(true);
    });
    const probe = ask();
    const response = await tried.promise;
    await openSession();
    expect(switchesIn(await ask())).toEqual([{ from: 'large', to: 'other', reason: 'model.circuit_open' }]);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(chunk({ content: 'Well.' }) + chunk({}, 'stop'));
    const events = await probe;
    expect(switchesIn(events)).toEqual([]);
    expect(find(events, 'message.completed').data.content).toBe('Well.');
    await app.stop();
    await models.write();
  });
});

describe('what a model that failed leaves', () => {
  beforeAll(async () => {
    await rawly();
    await start({
      LLM_MAX_RETRIES: '0',
      LLM_IDLE_TIMEOUT_SECONDS: '1',
      LLM_FIRST_TOKEN_TIMEOUT_SECONDS: '1',
    });
  });
  afterAll(async () => {
    await app.stop();
    await models.write();
  });
  beforeEach(openSession);

  const CALL = {
    index: 0,
    id: 'call_of_large',
    function: { name: 'read_file', arguments: '{"path":"a.txt"}' },
  };

  const saying =
    (...pieces: object[]): Behaviour =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of pieces) response.write(chunk(piece));
    };

  it.each<[string, Behaviour, string]>([
    ['hangs up', (response) => response.destroy(), 'model.unavailable'],
    ['never begins', () => undefined, 'model.first_token_timeout'],
  ])('is nothing, when it %s before a word was shown', async (_, behave, reason) => {
    raw.behave = behave;
    const events = await ask();
    expect(switchesIn(events)).toEqual([{ from: 'large', to: 'other', reason }]);
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(typesOf(events)).not.toContain('message.discarded');
  });

  it.each([
    ['a word', { content: 'I was about to' }],
    ['a call', { tool_calls: [CALL] }],
  ])(
    'is discarded with %s that it has begun, and the other begins a message of its own',
    async (_, piece) => {
      raw.behave = saying(piece);
      const events = await ask();
      const [first, second] = all(events, 'message.started').map(({ data }) => data.message_id);
      expect(find(events, 'message.discarded').data).toEqual({
        message_id: first,
        reason: 'model.idle_timeout',
      });
      expect([...deltasOf(events)]).toEqual([[second, 'Here.']]);
      const order = ['message.discarded', 'model.switched', 'message.started'];
      expect(
        typesOf(events)
          .filter((type) => order.includes(type))
          .slice(1),
      ).toEqual(order);
      expect(
        await database.rows(`select id, content from messages where session_id = $1 and role = 'assistant'`, [
          sessionId,
        ]),
      ).toEqual([{ id: second, content: 'Here.' }]);
    },
  );

  it('is kept where it breaks off in the second half of its answer', async () => {
    raw.script(
      (response) => {
        saying({ content: 'The first half, ' })(response, undefined as never);
        response.end(chunk({}, 'length'));
      },
      saying({ content: 'and the' }),
    );
    const events = await ask();
    expect(switchesIn(events)).toEqual([]);
    expect(find(events, 'message.completed').data).toMatchObject({
      content: 'The first half, and the',
      finish_reason: 'length',
    });
    expect(endOf(events)).toMatchObject({ status: 'completed' });
  });

  it('is not its reasoning: the other model gets none of that', async () => {
    raw.script(
      (response) => {
        saying({ reasoning_content: 'A secret thought.' }, { tool_calls: [CALL] })(
          response,
          undefined as never,
        );
        response.end(chunk({}, 'tool_calls'));
      },
      (response) => response.destroy(),
    );
    const waiting = await ask();
    const rest = await app.client.stream(sessionId, toolResult(callIn(waiting)));
    expect(endOf(rest)).toMatchObject({ status: 'completed' });
    const [sent] = models.two.requests;
    expect(sent!.messages.at(-1)).toMatchObject({ role: 'tool', content: 'ok' });
    expect(JSON.stringify(sent)).not.toMatch(/secret thought|call_of_large|reasoning/);
  });
});

describe('a run that is taken over', () => {
  beforeAll(async () => {
    await fallingBack();
    await start();
  });
  afterAll(async () => {
    await app.stop();
    await models.write();
  });
  beforeEach(openSession);

  const takeOver = async () => {
    await expire();
    await app.nest.get(RecoverRuns).execute();
    return app.client.readUntil(sessionId, isFinished);
  };

  it('after the switch goes on with the other model', async () => {
    models.one.always(DOWN);
    models.two.reset();
    models.two.script({ text: 'word '.repeat(200), pace: { chunk: 5, tokensPerSecond: 50 } }, OK);
    await app.client.say(sessionId, 'Hello');
    await app.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    const events = await takeOver();
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(switchesIn(events)).toHaveLength(1);
    expect(namesAt(models.two)).toEqual(['other-name', 'other-name']);
    expect(models.one.requests).toHaveLength(2);
    expect(await runOf()).toMatchObject({ model: 'other', attempt: 2 });
  });

  it('between the failure and the switch asks the first model again', async () => {
    models.one.script({ status: 503, retryAfter: 4 }, OK); // its process waits for the retry
    await app.client.say(sessionId, 'Hello');
    await eventually(() => expect(models.one.requests).toHaveLength(1));
    const events = await takeOver();
    expect(endOf(events)).toMatchObject({ status: 'completed' });
    expect(switchesIn(events)).toEqual([]);
    expect(models.two.requests).toEqual([]);
    expect(await ledger()).toEqual([
      ['large', 'aborted'],
      ['large', 'completed'],
    ]);
    expect(all(events, 'message.completed')).toHaveLength(1);
  });

  it('whose model is gone from the file ends, and says which there are', async () => {
    models.two.reset();
    models.two.script({ text: 'word '.repeat(200), pace: { chunk: 5, tokensPerSecond: 50 } });
    await app.client.say(sessionId, 'Hello', { model: 'other' });
    await app.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    // As a process that died has left it.
    await database.rows(
      `update runs set lease_token = gen_random_uuid(), lease_owner = 'dead', lease_expires_at = now() + interval '1 minute'
        where session_id = $1 and status = 'running'`,
      [sessionId],
    );
    await models.write({ models: models.content.models.slice(0, 2) });
    await app.stop();
    await start();
    expect(endOf(await takeOver())).toMatchObject({
      status: 'failed',
      error: { code: 'model.not_configured', message: 'There is no model other; there are large, small' },
    });
  });
});
