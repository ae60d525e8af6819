import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEARTBEAT_MS } from '../../src/shared/infrastructure/notices/membership.js';
import { TestClient, isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { NoticeEar } from '../support/notice-ear.js';
import { RedisServer } from '../support/redis-server.js';
import { ServerProcess } from '../support/server-process.js';
import { LARGE, report } from './support/chaos-size.js';
import { StoryModel, taskOf } from './support/story-model.js';

const LONG = { timeout: LARGE ? 120_000 : 60_000 };
/** For a process to start on a busy machine. */
const START_LIMIT_MS = 40_000;
/** Beyond a heartbeat, for the look itself and the way to the client. */
const MARGIN_MS = 3_000;
/** A small run shares the processors with other specs; what it must not see is a wait for a heartbeat. */
const LAG_LIMIT_MS = LARGE ? 100 : 3_000;
const SESSIONS_AT_ONCE = 4;
const WORDS = LARGE ? 1_500 : 250;
const DISTURBANCES = LARGE ? 5 : 1;
/** Of both processes together. */
const ARRIVALS_BETWEEN = 60;
const WARM_UP_WORDS = 20;

let database: TestDatabase;
let model: StoryModel;

beforeAll(async () => {
  database = await TestDatabase.create();
  model = await StoryModel.start();
});
afterAll(async () => {
  await model?.stop();
  await database?.drop();
});

const env = (more: Record<string, string> = {}) => ({
  DATABASE_URL: database.url,
  OPENAI_BASE_URL: model.url,
  RUN_LEASE_SECONDS: '60',
  ...more,
});
const start = (more?: Record<string, string>) => ServerProcess.start(env(more));

describe('a process that is killed', () => {
  it('between a commit and its notice keeps a reader elsewhere waiting for one heartbeat at most', async () => {
    const killed = await start();
    const [backend] = await database.rows<{ pid: number }>(
      `select pid from pg_stat_activity
        where datname = current_database() and application_name = 'agent-runtime notices'`,
    );
    const other = await start();
    try {
      const sessionId = await killed.client.openSession();
      const seen: number[] = [];
      const reading = (async () => {
        for await (const { id } of other.client.events(`/v1/sessions/${sessionId}/events?after=0`)) {
          seen.push(Number(id));
        }
      })().catch(() => undefined); // ends with its server
      const lastSeq = async () => {
        const [row] = await database.rows<{ last_seq: string }>(
          'select last_seq from event_streams where session_id = $1',
          [sessionId],
        );
        return Number(row!.last_seq);
      };
      await killed.client.say(sessionId, taskOf({ number: 1, kind: 'answer', words: 2_000 }));
      await eventually(() => expect(seen.length).toBeGreaterThan(10));

      // Its notices arrive at PostgreSQL, and come no further.
      process.kill(backend!.pid, 'SIGSTOP');
      await eventually(async () => expect((await lastSeq()) - seen.at(-1)!).toBeGreaterThan(5));
      await killed.stop('SIGKILL');
      const stored = await lastSeq();
      await eventually(() => expect(seen.at(-1)).toBe(stored), HEARTBEAT_MS + MARGIN_MS);
      expect(seen).toEqual(Array.from({ length: stored }, (_, index) => index + 1));
      await other.stop('SIGKILL');
      await reading;
    } finally {
      process.kill(backend!.pid, 'SIGCONT');
      await Promise.all([killed.stop('SIGKILL'), other.stop('SIGKILL')]);
    }
  });

  it('does not delay the next one; one that stands still does, until its entry lapses', LONG, async () => {
    const ear = await NoticeEar.open(database.url);
    const asked = async () => (await ear.textsOf('hello')).length;
    const servers = [await start()];
    try {
      await servers[0]!.stop('SIGKILL');
      const before = await asked();
      servers.push(await start());
      // It did not ask for as long as an entry lasts.
      expect((await asked()) - before).toBeLessThan(30);

      servers[1]!.signal('SIGSTOP');
      const next = ServerProcess.spawn(env());
      servers.push(next);
      const since = await asked();
      await eventually(async () => expect((await asked()) - since).toBeGreaterThan(2), START_LIMIT_MS);
      expect(next.lines).toEqual([]);
      const newcomer = (await ear.textsOf('hello')).at(-1);
      await database.rows('update instances set expires_at = now() where id <> $1', [newcomer]);
      await next.firstLine();
    } finally {
      await Promise.all(servers.map((server) => server.stop('SIGKILL')));
      await ear.close();
    }
  });
});

describe.each(['PostgreSQL', 'Redis'])('two processes that tell each other by %s', (way) => {
  let redis: RedisServer | undefined;
  let servers: ServerProcess[] = [];

  beforeAll(async () => {
    redis = way === 'Redis' ? await RedisServer.start() : undefined;
    const more: Record<string, string> = redis ? { REDIS_URL: redis.url } : {};
    servers = await Promise.all([start(more), start(more)]);
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await redis?.stop();
  });

  /** Of events, so far. */
  let arrived = 0;

  /** When each event after a number arrived, by its number, until a run has finished. */
  const follow = async (client: TestClient, sessionId: string, after: string) => {
    const arrivals = new Map<string, number>();
    for await (const event of client.events(`/v1/sessions/${sessionId}/events?after=${after}`)) {
      arrivals.set(event.id, performance.now());
      arrived++;
      if (isFinished(event)) break;
    }
    return arrivals;
  };

  it(
    `show a reader elsewhere what is new within ${LAG_LIMIT_MS} ms, also when what goes between them is restarted`,
    LONG,
    async () => {
      const [one, other] = servers.map(({ client }) => client) as [TestClient, TestClient];
      const tell = async (sessionId: string, number: number, words: number, after: string) => {
        const following = Promise.all([follow(one, sessionId, after), follow(other, sessionId, after)]);
        await one.say(sessionId, taskOf({ number, kind: 'answer', words }));
        return following;
      };
      // What a process that has just started waits for, such as the first connections of its pool, is not measured.
      const sessions = await Promise.all(
        Array.from({ length: SESSIONS_AT_ONCE }, async (_, number) => {
          const id = await one.openSession();
          const [seen] = await tell(id, number, WARM_UP_WORDS, '0');
          return { id, number, lastId: [...seen.keys()].at(-1)! };
        }),
      );
      const [arrivals] = await Promise.all([
        Promise.all(sessions.map(({ id, number, lastId }) => tell(id, number, WORDS, lastId))),
        disturb(),
      ]);
      const lags = arrivals.flatMap(([here, there]) => {
        expect([...there.keys()]).toEqual([...here.keys()]);
        return [...here].map(([id, at]) => Math.max(0, there.get(id)! - at));
      });
      lags.sort((a, b) => a - b);
      const [p50, p99, max] = [0.5, 0.99, 1].map((part) =>
        lags[Math.ceil(lags.length * part) - 1]!.toFixed(1),
      );
      report(`lag by ${way}`, { events: lags.length, 'p50 ms': p50!, 'p99 ms': p99!, 'max ms': max! });
      expect(Number(p99)).toBeLessThan(LAG_LIMIT_MS);
    },
  );

  /** Ends what the notices go by, again and again while events are stored. */
  const disturb = async () => {
    await moreArrive(1);
    for (let time = 0; time < DISTURBANCES; time++) {
      await redis?.stop();
      await database.rows(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'agent-runtime notices'`,
      );
      await moreArrive(ARRIVALS_BETWEEN);
      await redis?.start();
      await moreArrive(ARRIVALS_BETWEEN);
    }
  };

  const moreArrive = (events: number) => {
    const until = arrived + events;
    return eventually(() => expect(arrived).toBeGreaterThanOrEqual(until));
  };
});
