import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Client } from 'pg';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream, cursorOf } from '../../src/shared/application/event-stream.js';
import { InstanceId } from '../../src/shared/application/instance-id.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { DomainEvent } from '../../src/shared/domain/domain-event.js';
import { PreviousRelease } from '../../src/shared/infrastructure/events/previous-release.js';
import { HEARTBEAT_MS, Membership } from '../../src/shared/infrastructure/notices/membership.js';
import { NoticeConnection } from '../../src/shared/infrastructure/notices/notice-connection.js';
import { NoticeHandlers } from '../../src/shared/infrastructure/notices/notice-handlers.js';
import { NoticeSender } from '../../src/shared/infrastructure/notices/notice-sender.js';
import { Notice } from '../../src/shared/infrastructure/notices/notice.js';
import { LEASE_SECONDS, Peers } from '../../src/shared/infrastructure/notices/peers.js';
import { RedisNotices } from '../../src/shared/infrastructure/notices/redis-notices.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { NoticeEar } from '../support/notice-ear.js';
import { RedisServer } from '../support/redis-server.js';
import { TestApp } from '../support/test-app.js';

/** A heartbeat would find what is missed. */
const BEFORE_A_HEARTBEAT_MS = 3_000;

const fact = (sessionId: string, n: number): DomainEvent => ({
  type: 'synopsis.updated',
  sessionId,
  runId: null,
  data: { version: n },
});

const record = (on: TestApp, ...events: DomainEvent[]) =>
  on.nest.get(UnitOfWork).run('test_record', async (tx) => tx.record(...events));

const idOf = (app: TestApp) => app.nest.get(InstanceId).value;
const beat = (app: TestApp) => app.nest.get(Membership).beat();

/** Stores an event as a process does that ends before it tells of it. */
const storeSilently = (database: TestDatabase, sessionId: string, n: number) =>
  database.rows(
    `select append_events(array[$1::uuid], array[1], array[null::jsonb], array[null::uuid], array['synopsis.updated'],
       array[json_build_object('version', $2::int)], null, now(), 1000, '', '{}')`,
    [sessionId, n],
  );

const now = performance.now.bind(performance);
const aLeaseLater = () => now() + LEASE_SECONDS * 1000;

/** As a process of PostgreSQL that stands still. */
async function freezeNotices(database: TestDatabase): Promise<() => void> {
  const backends = await database.rows<{ pid: number }>(
    `select pid from pg_stat_activity
      where datname = current_database() and application_name = 'agent-runtime notices'`,
  );
  for (const { pid } of backends) process.kill(pid, 'SIGSTOP');
  return () => backends.forEach(({ pid }) => process.kill(pid, 'SIGCONT'));
}

const endNoticeConnections = (database: TestDatabase) =>
  database.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'agent-runtime notices'`,
  );

const become = (connection: NoticeConnection, isOpen: boolean) =>
  firstValueFrom(connection.isOpen$.pipe(filter((value) => value === isOpen)));

/** A reader of a session from its beginning. */
function read(on: TestApp, sessionId: string) {
  const seen: number[] = [];
  const subscription = on.nest
    .get(EventStream)
    .watch(sessionId, 0)
    .subscribe((item) => seen.push(cursorOf(item)));
  return { seen, end: () => subscription.unsubscribe() };
}

/** An entry of an instance that the test plays, with its session. */
class PlayedInstance {
  readonly id = randomUUID();

  private constructor(
    private readonly database: TestDatabase,
    private readonly session: Client,
  ) {}

  static async register(database: TestDatabase): Promise<PlayedInstance> {
    const session = new Client({ connectionString: database.url });
    session.on('error', () => undefined); // the database may be dropped
    await session.connect();
    const played = new PlayedInstance(database, session);
    await session.query(`select pg_advisory_lock_shared(hashtextextended('instance ' || $1, 0))`, [
      played.id,
    ]);
    await session.query(`insert into instances values ($1, now() + interval '1 hour')`, [played.id]);
    return played;
  }

  async lapse(): Promise<void> {
    await this.database.rows(`update instances set expires_at = now() where id = $1`, [this.id]);
  }

  async end(): Promise<void> {
    await this.session.end();
  }

  async leave(): Promise<void> {
    await this.database.rows('delete from instances where id = $1', [this.id]);
    await this.end();
  }
}

describe('one process', () => {
  let app: TestApp;
  let ear: NoticeEar;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start({ RUN_LEASE_SECONDS: '3' });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'ask' });
    app.nest.get(PreviousRelease).isPresent = false;
    await beat(app);
    ear = await NoticeEar.open(
      app.database.url,
      'agent_runtime_events',
      'agent_runtime_runs',
      'agent_runtime_jobs',
    );
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await ear.close();
  });

  it('sends nothing, whatever it stores', async () => {
    app.model.script({ text: 'Several words, which are deltas.' });
    await app.client.ask(sessionId, 'Talk');
    await app.client.post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'Why?' });
    await app.nest.get(NoticeSender).flushed();
    await ear.catchUp();
    expect(ear.heard.filter(({ channel }) => !channel.startsWith('catch_up'))).toEqual([]);
  });

  it('tells what it kept to itself when its next heartbeat finds another one', async () => {
    await record(app, fact(sessionId, 1));
    const played = await PlayedInstance.register(app.database);
    try {
      expect(await ear.textsOf('sessions')).toEqual([]);
      await beat(app);
      await eventually(async () => expect(await ear.textsOf('sessions')).toContain(sessionId));
    } finally {
      await played.leave();
    }
  });

  it('tells another one as soon as that has said hello, which it answers', async () => {
    const played = await PlayedInstance.register(app.database);
    try {
      await ear.tell(played.id, 'hello', played.id);
      await eventually(async () => expect(await ear.textsOf('welcome')).toEqual([played.id]));
      await record(app, fact(sessionId, 1));
      await eventually(async () => expect(await ear.textsOf('sessions')).toEqual([sessionId]));
      await ear.tell(played.id, 'bye', played.id);
      await eventually(() => expect(app.nest.get(Peers).ids).toEqual([]));
    } finally {
      await played.leave();
    }
  });

  it('says hello again where its entry is gone', async () => {
    await app.database.rows('delete from instances');
    await beat(app);
    expect(await ear.textsOf('hello')).toEqual([idOf(app)]);
    expect(await app.database.rows('select id from instances')).toEqual([{ id: idOf(app) }]);
  });

  it('looks into the log when its connection is back, and again when all have answered', async () => {
    const reader = read(app, sessionId);
    await record(app, fact(sessionId, 1));
    await eventually(() => expect(reader.seen).toEqual([1]));
    const played = await PlayedInstance.register(app.database);
    try {
      await storeSilently(app.database, sessionId, 2);
      await endNoticeConnections(app.database);
      await eventually(() => expect(reader.seen).toEqual([1, 2]), BEFORE_A_HEARTBEAT_MS);
      await storeSilently(app.database, sessionId, 3);
      await eventually(async () => expect(await ear.textsOf('hello')).toContain(idOf(app)));
      await ear.tell(played.id, 'welcome', idOf(app));
      await eventually(() => expect(reader.seen).toEqual([1, 2, 3]), BEFORE_A_HEARTBEAT_MS);
    } finally {
      reader.end();
      await played.leave();
    }
  });

  it('removes entries that have lapsed', async () => {
    const played = await PlayedInstance.register(app.database);
    await beat(app);
    expect(app.nest.get(Peers).ids).toEqual([played.id]);
    await played.lapse();
    await beat(app);
    expect(app.nest.get(Peers).ids).toEqual([]);
    expect(await app.database.rows('select id from instances')).toEqual([{ id: idOf(app) }]);
    await played.end();
  });

  it('finds within a heartbeat what it was not told, also while its connection for notices stands still', async () => {
    const reader = read(app, sessionId);
    await record(app, fact(sessionId, 1));
    await eventually(() => expect(reader.seen).toEqual([1]));
    const thaw = await freezeNotices(app.database);
    try {
      await storeSilently(app.database, sessionId, 2);
      await eventually(() => expect(reader.seen).toEqual([1, 2]), HEARTBEAT_MS + 1_000);
    } finally {
      thaw();
      reader.end();
    }
  });

  it('finds what it was not told while its connection for notices is away', async () => {
    const reader = read(app, sessionId);
    const connection = app.nest.get(NoticeConnection);
    const { promise: isAllowed, resolve: allow } = Promise.withResolvers<void>();
    const open = connection.open.bind(connection);
    vi.spyOn(connection, 'open').mockImplementation(() => isAllowed.then(open));
    try {
      await endNoticeConnections(app.database);
      await become(connection, false);
      // The second one before another heartbeat.
      for (const n of [1, 2]) {
        await storeSilently(app.database, sessionId, n);
        await eventually(() => expect(reader.seen.at(-1)).toBe(n), BEFORE_A_HEARTBEAT_MS);
      }
    } finally {
      allow();
      await become(connection, true);
      reader.end();
    }
  });

  it('replaces its connection at once, and pauses when that is lost at once again', async () => {
    const connection = app.nest.get(NoticeConnection);
    const open = vi.spyOn(connection, 'open');
    // Lost by the clock a second after it opened, and then at the time of its opening.
    vi.spyOn(performance, 'now').mockReturnValue(now() + 1_000);
    const isReplacedAtOnce = async () => {
      await become(connection, true);
      const before = open.mock.calls.length;
      const ended = connection.query('select pg_terminate_backend(pg_backend_pid())');
      await Promise.all([expect(ended).rejects.toThrow(), become(connection, false)]);
      await nextTurn();
      return open.mock.calls.length > before;
    };
    try {
      expect(await isReplacedAtOnce()).toBe(true);
      expect(await isReplacedAtOnce()).toBe(true);
      expect(await isReplacedAtOnce()).toBe(false);
    } finally {
      await become(connection, true);
    }
  });

  it('tells the others also where a handler or a callback of its own fails', async () => {
    const played = await PlayedInstance.register(app.database);
    try {
      await beat(app);
      app.nest.get(NoticeHandlers).on('failing', () => {
        throw new Error('failing');
      });
      const notice = new Notice().add('failing', ['text']);
      app.nest.get(NoticeHandlers).deliver(notice);
      const failing = app.nest.get(UnitOfWork).run('test_record', async (tx) => {
        tx.record(fact(sessionId, 1));
        tx.afterCommit(() => {
          throw new Error('callback');
        });
      });
      await expect(failing).rejects.toThrow('callback');
      await eventually(async () => expect(await ear.textsOf('sessions')).toContain(sessionId));
    } finally {
      await played.leave();
    }
  });

  it('is cancelled by a mark of which no notice came', async () => {
    app.model.script({ text: 'word '.repeat(100), pace: { chunk: 5, tokensPerSecond: 20 } });
    await app.client.say(sessionId, 'Say it');
    await app.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    await app.database.rows('update runs set cancel_requested_at = now() where session_id = $1', [sessionId]);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
  });

  it('tells the release before and hears it, in its form', async () => {
    app.nest.get(PreviousRelease).isPresent = true;
    await record(app, fact(sessionId, 1));
    await eventually(() =>
      expect(ear.heard).toContainEqual({
        channel: 'agent_runtime_events',
        payload: `${idOf(app)} ${sessionId}`,
      }),
    );
    const reader = read(app, sessionId);
    await eventually(() => expect(reader.seen).toEqual([1]));
    await storeSilently(app.database, sessionId, 2);
    const previous = app.nest.get(PreviousRelease);
    previous.isPresent = false;
    const isTold = (from: string) =>
      app.database.rows('select pg_notify($1, $2)', ['agent_runtime_events', `${from} ${sessionId}`]);
    const peer = randomUUID();
    app.nest.get(Peers).greet(peer);
    await isTold(peer); // one of this release, which speaks in both forms
    await isTold(randomUUID());
    await eventually(() => expect(reader.seen).toEqual([1, 2]));
    expect(previous.isPresent).toBe(true);
    reader.end();
  });
});

it('does not start where the database refuses its entry, and tells why', async () => {
  const database = await TestDatabase.create();
  await database.rows('alter table instances rename to renamed');
  await expect(TestApp.start({}, { database })).rejects.toMatchObject({ code: '42P01' });
  await database.drop();
});

it('ends in order within seconds while its connection for notices stands still', async () => {
  const app = await TestApp.start();
  const thaw = await freezeNotices(app.database);
  const begunAt = performance.now();
  await app.nest.close();
  expect(performance.now() - begunAt).toBeLessThan(15_000);
  thaw();
  await app.stop();
});

describe('a process that starts beside another one', () => {
  let database: TestDatabase;
  let ear: NoticeEar;
  let played: PlayedInstance;
  let starting: Promise<TestApp>;
  let isReady: boolean;

  beforeEach(async () => {
    database = await TestDatabase.create();
    ear = await NoticeEar.open(database.url);
    played = await PlayedInstance.register(database);
    isReady = false;
    starting = TestApp.start({}, { database });
    void starting.then(() => (isReady = true));
    // It has asked a second time.
    await eventually(async () => expect((await ear.textsOf('hello')).length).toBeGreaterThan(1));
    expect(isReady).toBe(false);
  });
  afterEach(async () => {
    await (await starting).stop();
    await ear.close();
    await played.end();
    await database.drop();
  });

  it('is ready when that has answered', async () => {
    const [newcomer] = await ear.textsOf('hello');
    await ear.tell(played.id, 'welcome', randomUUID());
    await ear.tell(played.id, 'welcome', newcomer!);
    const app = await starting;
    expect(app.nest.get(Peers).ids).toEqual([played.id]);
  });

  it('is ready when the entry of that has lapsed', async () => {
    await played.lapse();
    const app = await starting;
    expect(app.nest.get(Peers).ids).toEqual([]);
  });

  it.each([
    {
      end: 'a lease is over since it asked',
      act: () => void vi.spyOn(performance, 'now').mockImplementation(aLeaseLater),
    },
    { end: 'it is to end', act: () => void process.emit('SIGTERM') },
  ])('waits no longer when $end', async ({ act }) => {
    act();
    const app = await starting;
    vi.restoreAllMocks();
    expect(app.nest.get(Peers).ids).toEqual([played.id]);
  });

  it('is ready when that is gone, whose entry it removes', async () => {
    await played.end();
    const app = await starting;
    expect(app.nest.get(Peers).ids).toEqual([]);
    expect(await database.rows('select id from instances')).toEqual([{ id: idOf(app) }]);
  });
});

describe.each(['PostgreSQL', 'Redis'])('two processes that tell each other by %s', (way) => {
  let redis: RedisServer | undefined;
  let app: TestApp;
  let other: TestApp;
  let ear: NoticeEar;
  let sessionId: string;

  beforeAll(async () => {
    redis = way === 'Redis' ? await RedisServer.start() : undefined;
    const env: Record<string, string> = redis ? { REDIS_URL: redis.url } : {};
    app = await TestApp.start(env);
    other = await TestApp.start(env, app);
    ear = await NoticeEar.open(app.database.url);
  });
  afterAll(async () => {
    await ear?.close();
    await other?.stop();
    await app?.stop();
    await redis?.stop();
  });
  beforeEach(async () => {
    sessionId = await app.client.openSession();
    // Each has its connection for notices.
    await eventually(() => Promise.all([beat(app), beat(other)]));
  });

  it('know each other', () => {
    expect(app.nest.get(Peers).ids).toEqual([idOf(other)]);
    expect(other.nest.get(Peers).ids).toEqual([idOf(app)]);
  });

  it('wake readers of each other', async () => {
    const reader = read(other, sessionId);
    await eventually(async () => {
      const before = (await ear.textsOf('sessions')).length;
      await record(app, fact(sessionId, 1));
      const { seen } = reader;
      await eventually(async () => {
        const [last] = await app.database.rows('select last_seq from event_streams where session_id = $1', [
          sessionId,
        ]);
        expect(seen.at(-1)).toBe(Number(last!['last_seq']));
      });
      // By Redis as soon as both are connected to it.
      expect((await ear.textsOf('sessions')).length - before).toBe(way === 'Redis' ? 0 : 1);
    });
    reader.end();
  });

  it('miss nothing while their connections for notices are ended again and again', async () => {
    const reader = read(other, sessionId);
    for (let n = 1; n <= 30; n++) {
      if (n % 5 === 0) await endNoticeConnections(app.database);
      await record(n % 2 ? app : other, fact(sessionId, n));
      if (n % 3 === 0) await eventually(() => expect(reader.seen.at(-1)).toBe(n), BEFORE_A_HEARTBEAT_MS);
    }
    expect(reader.seen).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    reader.end();
  });

  if (way === 'Redis') {
    it('count an answer that came while the event loop was busy', async () => {
      const redisNotices = app.nest.get(RedisNotices);
      await eventually(async () => expect(await redisNotices.publish([idOf(other)], ['{}'])).toBe(true));
      const published = redisNotices.publish([idOf(other)], ['{}']);
      const busyUntil = performance.now() + 100;
      while (performance.now() < busyUntil);
      expect(await published).toBe(true);
    });

    it('take no greeting or farewell from Redis', async () => {
      const [bye] = new Notice().add('bye', [idOf(other)]).toPayloads(idOf(other));
      const [hint] = new Notice().add('sessions', [sessionId]).toPayloads(idOf(other));
      const reader = read(app, sessionId);
      await storeSilently(app.database, sessionId, 1);
      await eventually(async () =>
        expect(await other.nest.get(RedisNotices).publish([idOf(app)], [bye!, hint!])).toBe(true),
      );
      await eventually(() => expect(reader.seen).toEqual([1]));
      expect(app.nest.get(Peers).ids).toContain(idOf(other));
      reader.end();
    });

    it('tell each other by PostgreSQL while Redis is away', async () => {
      await redis!.stop();
      const reader = read(other, sessionId);
      await record(app, fact(sessionId, 1));
      await eventually(() => expect(reader.seen).toEqual([1]), BEFORE_A_HEARTBEAT_MS);
      await eventually(async () => expect(await ear.textsOf('sessions')).toContain(sessionId));
      await redis!.start();
      reader.end();
    });
  }

  it('forget one that has left', async () => {
    const third = await TestApp.start({}, app);
    expect(app.nest.get(Peers).ids).toContain(idOf(third));
    await third.stop();
    await eventually(() => expect(app.nest.get(Peers).ids).toEqual([idOf(other)]));
    expect(await app.database.rows('select id from instances where id = $1', [idOf(third)])).toEqual([]);
  });
});
