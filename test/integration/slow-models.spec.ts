import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CIRCUIT_LIMITS } from '../../src/modules/models/infrastructure/model-circuit.js';
import { SentEvent, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestModels } from '../support/models-file.js';
import { all, find } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { ModelServers } from './support/model-servers.js';
import { Behaviour, RawModel, chunk } from './support/raw-model.js';

/** By default 300 s, 60 s and 30 s: here a second of the model stands for minutes. */
const SHORT = { LLM_IDLE_TIMEOUT_SECONDS: '1', LLM_CONNECT_TIMEOUT_SECONDS: '1' };
/** Longer than every limit but that of the first piece. */
const THINKING_MS = 1_500;
/** Two failures open the circuit for good. */
const SENSITIVE = { ...CIRCUIT_LIMITS, failures: 2, openMs: 600_000 };

const KEPT_ALIVE = `: PROCESSING\n\n${chunk({ role: 'assistant', content: '' })}`;

const answers: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(chunk({ content: 'Here.' }) + chunk({}, 'stop'));
};
/** Says nothing, not even a status, and then answers. */
const thinks: Behaviour = (response, request) => {
  setTimeout(() => void answers(response, request), THINKING_MS);
};
/** The same behind a gateway that keeps the connection alive. */
const thinksKeptAlive: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(KEPT_ALIVE), 100);
  response.on('close', () => clearInterval(timer));
  setTimeout(() => response.end(chunk({ content: 'Here.' }) + chunk({}, 'stop')), THINKING_MS);
};
const never: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(KEPT_ALIVE), 100);
  response.on('close', () => clearInterval(timer));
};

const soon: Behaviour = (response, request) => {
  setTimeout(() => void answers(response, request), 300);
};

const modelIn = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  await once(request, 'end');
  return (JSON.parse(body) as { model: string }).model;
};

let servers: ModelServers;
let models: TestModels;
let raw: RawModel;
let database: TestDatabase;
let app: TestApp;

beforeAll(async () => {
  servers = await ModelServers.start();
  ({ models, raw, database } = servers);
});
afterAll(() => servers.stop());
afterEach(() => app.stop());

/** All models are at the raw server; only large has a limit of its own. */
const start = async (env: Record<string, string>, firstTokenSeconds?: number) => {
  await models.write({
    providers: servers.providersWithRaw('one', 'two'),
    models: models.content.models.map((each) =>
      each.id === 'large' && firstTokenSeconds !== undefined
        ? { ...each, first_token_timeout_seconds: firstTokenSeconds }
        : each,
    ),
  });
  app = await TestApp.start({ ...models.env, ...env }, { database, model: models.one, circuit: SENSITIVE });
};

/** Asks in a session of its own. @returns its calls, and the code of its failure, or its text */
const ask = async (model = 'large') => {
  const sessionId = await app.client.openSession({ agent: 'ask', model });
  const events = await app.client.ask(sessionId, 'Hello');
  const [{ calls }] = (await database.rows(
    'select count(*)::int as calls from llm_calls where session_id = $1',
    [sessionId],
  )) as [{ calls: number }];
  return { calls, end: endOf(events) };
};
const endOf = (events: readonly SentEvent[]) =>
  find(events, 'run.finished').data.error?.code ?? all(events, 'message.completed').at(-1)!.data.content;
const isAvailable = async (id = 'large') => {
  const { body } = await app.client.get('/v1/models');
  return (body.data as { id: string; available: boolean }[]).find((model) => model.id === id)!.available;
};

describe('a model that takes long to begin', () => {
  it.each([
    ['says nothing', thinks],
    ['is kept alive', thinksKeptAlive],
  ])('costs no second call and no strike while it %s', async (_, behave) => {
    await start({ ...SHORT, LLM_MAX_RETRIES: '3' });
    raw.behave = behave;
    const asked = await Promise.all(Array.from({ length: 3 }, () => ask()));
    expect(asked).toEqual(asked.map(() => ({ calls: 1, end: 'Here.' })));
    expect(await isAvailable()).toBe(true);
  });

  it('longer than its own limit is asked once more only, and that opens the circuit where no other model begins', async () => {
    await start({ LLM_MAX_RETRIES: '3' }, 1);
    raw.behave = never;
    expect(await ask()).toEqual({ calls: 2, end: 'model.first_token_timeout' });
    await eventually(async () => expect(await isAvailable()).toBe(true)); // the second try of one call is no strike
    // What keeps a connection alive begins no answer, so these do not excuse each other.
    const opened = { end: 'model.circuit_open' };
    expect(await Promise.all([ask(), ask()])).toMatchObject([opened, opened]);
    expect(await isAvailable()).toBe(false);
    expect(await isAvailable('other')).toBe(true);
  });

  it('costs no strike while other calls of its provider begin to be answered', async () => {
    await start({ LLM_MAX_RETRIES: '0' }, 1);
    for (let round = 0; round < 2; round++) {
      raw.behave = (response, request) =>
        void modelIn(request).then((model) => (model === 'small' ? soon : never)(response, request));
      const slow = [ask(), ask()];
      expect(await ask('small')).toEqual({ calls: 1, end: 'Here.' });
      expect(await Promise.all(slow)).toEqual(
        slow.map(() => ({ calls: 1, end: 'model.first_token_timeout' })),
      );
    }
    expect(await isAvailable()).toBe(true);
  });

  it('may take the time of the setting where it has no limit of its own', async () => {
    await start({ LLM_MAX_RETRIES: '0', LLM_FIRST_TOKEN_TIMEOUT_SECONDS: '1' }, 20);
    raw.behave = thinks;
    expect(await Promise.all([ask(), ask('small')])).toEqual([
      { calls: 1, end: 'Here.' },
      { calls: 1, end: 'model.first_token_timeout' },
    ]);
  });

  it('leaves no timer when its run is cancelled', async () => {
    await start({}, 77);
    raw.behave = never;
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    try {
      const sessionId = await app.client.openSession({ agent: 'ask' });
      const { body } = await app.client.say(sessionId, 'Hello');
      const watches = () =>
        started.mock.calls.flatMap(([, ms], index) =>
          ms === 77_000 ? [started.mock.results[index]!.value as unknown] : [],
        );
      await eventually(() => expect(watches()).toHaveLength(1));
      await app.client.post(`/v1/runs/${body.run.id}/cancel`);
      await app.client.readUntil(sessionId, isFinished);
      expect(cleared.mock.calls.map(([timer]) => timer as unknown)).toEqual(
        expect.arrayContaining(watches()),
      );
    } finally {
      vi.restoreAllMocks();
    }
  });
});
