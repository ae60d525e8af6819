import {
  AgentRuntime,
  type Options,
  type Problem,
  type Retry,
  type RuntimeEvent,
} from '@agent-runtime/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../chaos/support/seeded-random.js';
import { type StoryKind, StoryModel } from '../chaos/support/story-model.js';
import { TestDatabase } from '../support/database.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { freePort } from '../support/free-port.js';
import { KEYS, ServerProcess } from '../support/server-process.js';
import { CuttingProxy } from './support/cutting-proxy.js';
import { ToldStory } from './support/told-story.js';

const RESTARTS_MS = 60_000;

describe('a story told to the client library', () => {
  const random = SeededRandom.fromEnvironment();
  let database: TestDatabase;
  let model: StoryModel;
  let server: ServerProcess;
  let env: Record<string, string>;
  let stories = 0;
  let retries: Retry[] = [];

  beforeAll(async () => {
    model = await StoryModel.start();
    database = await TestDatabase.create();
    env = {
      ...{ DATABASE_URL: database.url, OPENAI_BASE_URL: model.url, RUN_LEASE_SECONDS: '3' },
      PORT: String(await freePort()),
    };
    server = await ServerProcess.start(env);
  });
  afterAll(async () => {
    await server?.stop('SIGKILL');
    await model?.stop();
    await database?.drop();
  });

  const runtimeOf = (options: Partial<Options> = {}) => {
    retries = [];
    const onRetry = (retry: Retry) => retries.push(retry);
    return new AgentRuntime({ url: server.client.url, onRetry, ...options });
  };

  /** Tells one to its end, and compares it with what is stored. */
  const tell = async (
    runtime: AgentRuntime,
    kind: StoryKind,
    onEvent?: (event: RuntimeEvent) => unknown,
  ): Promise<ToldStory> => {
    const { told, outcome } = await ToldStory.tell(runtime, { number: ++stories, kind, words: 40 }, onEvent);
    expect(outcome.status).toBe('completed');
    expect(await told.faults(database), `CHAOS_SEED=${random.seed}`).toEqual([]);
    return told;
  };

  it(
    'goes on over a stop by SIGTERM and a kill -9, in the middle of its subtasks',
    { timeout: RESTARTS_MS },
    async () => {
      const strikes: NodeJS.Signals[] = ['SIGTERM', 'SIGKILL'];
      let restarting = Promise.resolve();
      const restart = async (signal: NodeJS.Signals) => {
        await server.stop(signal);
        server = await ServerProcess.start(env);
      };
      await tell(runtimeOf(), 'plan', ({ type, data }) => {
        const isMoment = type === 'tool_call.requested' || (type === 'message.delta' && data.offset > 100);
        const signal = isMoment ? strikes.shift() : undefined;
        if (signal) restarting = restarting.then(() => restart(signal));
      });
      await restarting;
      expect(strikes).toEqual([]);
      // The second reader saw the streams end in order, and break.
      expect(retries.some(({ error }) => error === undefined)).toBe(true);
      expect(retries.some(({ error }) => error !== undefined)).toBe(true);
    },
  );

  it(
    'goes on over connections that break after some bytes, of answers as of streams',
    { timeout: RESTARTS_MS },
    async () => {
      // Every event fits into the longest; an answer whose end is cut off is asked for again with its key.
      const proxy = await CuttingProxy.open(server.client.url, () => random.whole(1_000, 8_000));
      await tell(runtimeOf({ url: proxy.url }), 'chain');
      await proxy.close();
      expect(proxy.cuts).toBeGreaterThan(3);
    },
  );

  it('goes on over connections on which nothing comes any more', async () => {
    const proxy = new FlakyProxy(new URL(server.client.url));
    const url = await proxy.open();
    let isSilent = false;
    await tell(runtimeOf({ url, silence: 2_000, timeout: 2_000 }), 'chain', ({ type }) => {
      if (type !== 'tool_call.requested' || isSilent) return;
      isSilent = true;
      proxy.fallSilent();
      proxy.speakAgain(); // for new connections
    });
    await proxy.close();
    expect(retries.some(({ error }) => (error as Error).name === 'TimeoutError')).toBe(true);
  });

  it('goes on where every third token cannot be had', async () => {
    let asked = 0;
    const token = () => (++asked % 3 === 0 ? Promise.reject(new Error('no token now')) : 'any');
    await tell(runtimeOf({ token }), 'pair');
    expect(retries.some(({ error }) => (error as Error | undefined)?.message === 'no token now')).toBe(true);
  });

  it('goes on where every third request is one too many', async () => {
    let asked = 0;
    const limited: typeof fetch = (input, init) =>
      ++asked % 3 === 0
        ? Promise.resolve(new Response('Too many requests', { status: 429, headers: { 'retry-after': '0' } }))
        : fetch(input, init);
    await tell(runtimeOf({ fetch: limited }), 'pair');
    expect(retries.some(({ error }) => (error as Problem | undefined)?.code === 'http.429')).toBe(true);
  });

  it('goes on with a new key where the old one is revoked', async () => {
    const settings = { ...env, PORT: '0', AUTH_MODE: 'api_key', SSE_HEARTBEAT_SECONDS: '1' };
    const guarded = await ServerProcess.start(settings);
    try {
      const create = () => ServerProcess.spawn(settings, [...KEYS, 'create', '--user', 'alice']).firstLine();
      const keys = [await create(), await create()];
      const given: string[] = [];
      /** The refused one is asked about by each request that had it. */
      const token = (refused?: string) => {
        if (refused !== undefined) given.push(refused);
        return refused === undefined && given.length === 0 ? keys[0] : keys[1];
      };
      let isRevoked = false;
      await tell(runtimeOf({ url: guarded.client.url, token }), 'chain', async ({ type }) => {
        if (type !== 'run.started') return;
        await database.rows(
          'update api_keys set revoked_at = now() where id = (select id from api_keys order by id limit 1)',
        );
        isRevoked = true;
      });
      expect(isRevoked).toBe(true);
      expect(new Set(given)).toEqual(new Set([keys[0]]));
    } finally {
      await guarded.stop('SIGKILL');
    }
  });

  it('is read on where the database was set back', async () => {
    const runtime = runtimeOf();
    const { sessionId } = await tell(runtime, 'answer');
    const { last_event_id: newest } = await runtime.sessions.get(sessionId);
    const ahead = String(Number(newest) + 50);
    const seen: RuntimeEvent[] = [];
    for await (const event of runtime.events(sessionId, { after: ahead })) {
      if (seen.push(event) === 1)
        await runtime.sessions.send(sessionId, { type: 'switch_agent', agent: 'ask' });
      else break;
    }
    expect(seen).toMatchObject([
      { type: 'stream.reset', data: { resume_after: newest } },
      { type: 'agent.switched', id: String(Number(newest) + 1) },
    ]);
  });
});
