import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AnswerProbe } from '../../src/modules/health/application/answer-probe.js';
import { DatabaseProbe } from '../../src/modules/health/application/database-probe.js';
import { JobQueue } from '../../src/modules/jobs/index.js';
import { serveOperation } from '../../src/operation-app.js';
import { TestClient } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { parseMetrics } from '../support/metrics-text.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { RedisServer } from '../support/redis-server.js';
import { TestApp } from '../support/test-app.js';
import { exchange } from './support/raw-client.js';

/** A probe, or a scrape, that is answered later than this counts as not answered. */
const LIMIT_MS = 8_000;

const operationOf = async (app: TestApp) => new TestClient(await serveOperation(app.nest, 0));

describe.each([
  ['the API', (app: TestApp) => Promise.resolve(app.client)],
  ['a port of its own', operationOf],
])('health, told by %s', (_, toldBy) => {
  let database: TestDatabase;
  let proxy: FlakyProxy;
  let app: TestApp;
  let client: TestClient;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = new FlakyProxy(new URL(database.url));
    app = await TestApp.start({ DATABASE_URL: await proxy.open() }, { database });
    client = await toldBy(app);
  });
  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await database.drop();
  });

  it('says of each part that it is up, and of the whole that it is ok', async () => {
    for (const path of ['/health', '/health/ready']) {
      const { status, body } = await client.get(path);
      expect([status, body.status, body.error]).toEqual([200, 'ok', {}]);
      expect(body.details).toMatchObject({
        accepting: { status: 'up' },
        database: { status: 'up' },
        migrations: { status: 'up' },
        queue: { status: 'up' },
      });
    }
    expect((await client.get('/health/live')).body).toEqual({ status: 'ok' });
  });

  it('has no details for clients that come through a proxy', async () => {
    for (const path of ['/health', '/health/ready', '/health/live']) {
      const { status, body } = await client.with({ 'x-forwarded-for': '203.0.113.7' }).get(path);
      expect([status, body]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('is not ready on a database that is older than the code', async () => {
    const [latest] = await database.rows<{ id: number; timestamp: string; name: string }>(
      'delete from migrations where id = (select max(id) from migrations) returning *',
    );
    const { status, body } = await client.get('/health/ready');
    expect([status, body.status]).toEqual([503, 'error']);
    expect(body.error).toEqual({
      migrations: expect.objectContaining({ status: 'down', message: `not run yet: ${latest!.name}` }),
    });
    await database.rows('insert into migrations values ($1, $2, $3)', Object.values(latest!));
    expect((await client.get('/health/ready')).status).toBe(200);
  });

  it('is ready on a database that is newer than the code, and names what it does not know', async () => {
    const name = 'OfTheNextVersion4102444800000';
    await database.rows('insert into migrations (timestamp, name) values (4102444800000, $1)', [name]);
    const { status, body } = await client.get('/health/ready');
    expect([status, body.details.migrations]).toEqual([
      200,
      expect.objectContaining({ status: 'up', unknown: [name] }),
    ]);
    await database.rows('delete from migrations where name = $1', [name]);
  });

  it('goes with the database and comes back with it; the process is alive all the time', async () => {
    await proxy.close();
    try {
      const { status, body } = await client.get('/health/ready');
      expect([status, body.status]).toEqual([503, 'error']);
      expect(body.error).toMatchObject({ database: { status: 'down' }, migrations: { status: 'down' } });
      const elsewhere = await client.with({ forwarded: 'for=203.0.113.7' }).get('/health/ready');
      expect([elsewhere.status, elsewhere.body]).toEqual([503, { status: 'error' }]);
      expect((await client.get('/health/live')).status).toBe(200);
    } finally {
      await proxy.open();
    }
    await eventually(async () => expect((await client.get('/health/ready')).status).toBe(200));
  });

  it('asks each part once at a time, however many want to know', async () => {
    const arrived = vi.spyOn(app.nest.get(AnswerProbe), 'execute');
    const asked = vi.spyOn(app.nest.get(DatabaseProbe), 'look');
    const pong = Promise.withResolvers<void>();
    const pinged = vi.spyOn(app.nest.get(JobQueue), 'ping').mockReturnValue(pong.promise);
    const letGo = await database.lock('lock table migrations in access exclusive mode', []);
    const answers = Array.from({ length: 20 }, () => client.get('/health/ready'));
    await eventually(() => expect(arrived).toHaveBeenCalledTimes(20));
    pong.resolve();
    await letGo();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(asked).toHaveBeenCalledTimes(1);
    expect(pinged).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
  });

  /** Of the metrics that the database is asked for, those that have a value. */
  const askedOfTheDatabase = async () => {
    const { status, body } = await client.get('/metrics');
    expect(status).toBe(200);
    const metrics = parseMetrics(body);
    return ['job_queue_depth', 'oldest_waiting_seconds'].filter(
      (name) => metrics.get(name)!.samples.length > 0,
    );
  };

  it('is told in time, as the metrics are, also when the database falls silent', async () => {
    // With connections at hand: one that is only then to be made gives up by itself, and sooner.
    await Promise.all(Array.from({ length: 6 }, () => app.client.get('/v1/sessions')));
    expect(await askedOfTheDatabase()).toEqual(['job_queue_depth', 'oldest_waiting_seconds']);
    proxy.fallSilent();
    try {
      const askedAt = performance.now();
      const [ready, metrics] = await Promise.all([client.get('/health/ready'), askedOfTheDatabase()]);
      expect(performance.now() - askedAt).toBeLessThan(LIMIT_MS);
      expect([ready.status, metrics]).toEqual([503, []]);
    } finally {
      proxy.speakAgain();
    }
    await eventually(async () => expect((await client.get('/health/ready')).status).toBe(200), 30_000);
  }, 60_000);
});

describe.skipIf(isLeftOutWithout('redis-server'))('health of a process whose queue is in Redis', () => {
  it('is degraded while Redis is away, and ready all the same: jobs wait in the database', async () => {
    const redis = await RedisServer.start();
    const app = await TestApp.start({ REDIS_URL: redis.url });
    const queue = async () => (await app.client.get('/health/ready')).body.details.queue.status;
    try {
      await eventually(async () => expect(await queue()).toBe('up'));
      await redis.stop();
      await eventually(async () => expect(await queue()).toBe('degraded'));
      const { status, body } = await app.client.get('/health/ready');
      expect([status, body.status]).toEqual([200, 'degraded']);
      expect(JSON.stringify(body.details.queue)).toContain('queue in Redis');
      const elsewhere = await app.client.with({ 'x-real-ip': '203.0.113.7' }).get('/health');
      expect([elsewhere.status, elsewhere.body]).toEqual([200, { status: 'ok' }]);
      await redis.start();
      await eventually(async () => expect(await queue()).toBe('up'));
    } finally {
      await app.stop();
      await redis.stop();
    }
  });
});

describe('a port of its own for probes and scrapes', () => {
  it('has the limits of the other one, and refuses in the same form', async () => {
    const app = await TestApp.start();
    try {
      const { url } = await operationOf(app);
      for (const [request, code] of [
        [`GET /health HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(17_000)}`, 'request.headers_too_large'],
        ['GET /health HTTP/1.1', 'request.malformed'],
        ['GET /v1/sessions HTTP/1.1\r\nhost: localhost', 'route.not_found'],
      ]) {
        const answer = await exchange(url, `${request}\r\n\r\n`);
        expect(JSON.parse(answer!.body)).toMatchObject({ code });
      }
    } finally {
      await app.stop();
    }
  });

  it.each([
    ['none', 403],
    ['api_key', 200],
  ])('asked by another name is answered with AUTH_MODE=%s by %i', async (mode, status) => {
    const app = await TestApp.start({ AUTH_MODE: mode });
    try {
      const { url } = await operationOf(app);
      for (const path of ['/health', '/metrics']) {
        const answer = await exchange(url, `GET ${path} HTTP/1.1\r\nhost: evil.example\r\n\r\n`);
        expect(answer?.status).toBe(status);
        expect((await fetch(`${url}${path}`)).status).toBe(200);
      }
    } finally {
      await app.stop();
    }
  });
});

describe('health of a process that drains', () => {
  it('is not ready any more, and says so until its end', async () => {
    const app = await TestApp.start({ SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '5' });
    const client = await operationOf(app);
    app.model.script({ text: 'word '.repeat(400), pace: { chunk: 5, tokensPerSecond: 100 } });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.client.say(sessionId, 'Say it');
    const stopping = app.stop();
    await eventually(async () => {
      const { status, body } = await client.get('/health/ready');
      expect([status, body.details.accepting.status]).toEqual([503, 'down']);
    });
    expect((await client.get('/health/live')).status).toBe(200);
    await stopping;
    await expect(client.get('/health/live')).rejects.toThrow();
  });
});
