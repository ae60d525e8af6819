import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Idempotency } from '../../src/shared/application/idempotency.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { IdempotencyKeyPruner } from '../../src/shared/infrastructure/persistence/idempotency-key-pruner.js';
import { SentEvent, TestClient, isFinished, isWaiting } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { callIn, find, reads, toolResult } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { app, count, keyed, newKey, other, runsOf } from './support/idempotency.js';

/** A unit of work within a request. */
const once = <T>(key: string, work: () => Promise<T>) =>
  app.nest
    .get(Idempotency)
    .within({ userId: 'local', key, fingerprint: Buffer.from(key) }, () =>
      app.nest.get(UnitOfWork).run('test', work),
    );

/** Something to wait for until the test lets it go. */
function gate(): { held: Promise<void>; release: () => void } {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  return { held, release };
}

describe('A key', () => {
  it.each([['a'], [' ~'.repeat(20).trim()], ['x'.repeat(255)], ['"8e03978e-40d5-43dd-bc93-6894a57f9324"']])(
    'may be %s',
    async (key) => {
      const client = keyed(app.client, key);
      const first = await client.post('/v1/sessions', {});
      expect(first.status).toBe(201);
      expect((await client.post('/v1/sessions', {})).body).toEqual(first.body);
    },
  );

  it.each([
    ['empty', ''],
    ['longer than 255', 'x'.repeat(256)],
    ['beyond ASCII', 'clé'],
    ['with a tab', 'a\tb'],
  ])('may not be %s', async (_, key) => {
    const before = await count('sessions');
    const { status, body } = await keyed(app.client, key).post('/v1/sessions', {});
    expect([status, body.code, body.errors]).toEqual([
      400,
      'request.invalid',
      [{ field: 'Idempotency-Key', message: expect.stringContaining('255') }],
    ]);
    expect(await count('sessions')).toBe(before);
  });
});

describe('Requests with one key that arrive at once', () => {
  it('begin one run and get one answer: thirty of them, on two instances', async () => {
    app.model.script({ text: 'Once.' });
    const sessionId = await app.client.openSession();
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        keyed([app, other][n % 2]!.client, key).say(sessionId, 'All at once'),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed', usage: { model_calls: 2 } });
    expect(app.model.requests).toHaveLength(1);
    expect([await runsOf(sessionId), await count('messages', `session_id = '${sessionId}'`)]).toEqual([1, 2]);
  });

  it('are served or refused as one of them was: two bodies, one key', async () => {
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        keyed([app, other][n % 2]!.client, key).post('/v1/sessions', {
          title: `Title ${n % 4 < 2 ? 'A' : 'B'}`,
        }),
      ),
    );
    const served = answers.filter(({ status }) => status === 201);
    expect(served).toHaveLength(10);
    expect(new Set(served.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10);
  });

  it('wait for the first, and do the work where the first one fails', async () => {
    const { release, held } = gate();
    const { release: begun, held: inside } = gate();
    const first = once('raced', async () => {
      begun();
      await held;
      throw new Error('changed its mind');
    });
    await inside;
    const second = once('raced', async () => 'the second');
    await eventually(async () => {
      const waiting = await count(
        'pg_stat_activity',
        `datname = current_database() and wait_event_type = 'Lock' and query ilike '%idempotency_keys%'`,
      );
      expect(waiting).toBe(1);
    });
    release();
    await expect(first).rejects.toThrow('changed its mind');
    expect((await second).value).toBe('the second');
    expect((await once('raced', async () => 'the third')).value).toBe('the second');
  });
});

describe('A stream with a key', () => {
  const say = (client: TestClient, sessionId: string, key: string): Promise<SentEvent[]> =>
    keyed(client, key).ask(sessionId, 'Explain it');

  it('is the stream of one run, for everybody who asks for it, at once and later, also after a restart', async () => {
    const text = 'word '.repeat(60);
    app.model.script({ text, pace: { chunk: 5, tokensPerSecond: 100 } });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const key = newKey();
    const streams = await Promise.all(
      [app, other, app, other].map(({ client }) => say(client, sessionId, key)),
    );
    const [events] = streams;
    expect(find(events!, 'message.completed').data.content).toBe(text);
    expect(isFinished(events!.at(-1)!)).toBe(true);
    for (const stream of streams) expect(stream).toEqual(events);
    expect(await runsOf(sessionId)).toBe(1);

    app.model.script({ text: 'Something else.' });
    await app.client.ask(sessionId, 'And now?');
    expect(await say(other.client, sessionId, key)).toEqual(events);

    const restarted = await TestApp.start({}, { database: app.database, model: app.model });
    try {
      expect(await say(restarted.client, sessionId, key)).toEqual(events);
    } finally {
      await restarted.stop();
    }
    expect(await runsOf(sessionId)).toBe(2);
  });

  it('ends where it ended the first time, though the run went on since', async () => {
    app.model.script(reads(), { text: 'Done.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    const key = newKey();
    const events = await say(app.client, sessionId, key);
    expect(isWaiting(events.at(-1)!)).toBe(true);
    const call_id = callIn(events);
    const input = toolResult(call_id, { result: 'x' });
    const answering = newKey();
    const answered = await keyed(app.client, answering).stream(sessionId, input);
    expect(isFinished(answered.at(-1)!)).toBe(true);
    expect(await say(app.client, sessionId, key)).toEqual(events);
    expect(await keyed(other.client, answering).stream(sessionId, input)).toEqual(answered);
  });
});

describe('After 24 hours', () => {
  const age = (key: string, by: string) =>
    app.database.rows(`update idempotency_keys set created_at = now() - $2::interval where key = $1`, [
      key,
      by,
    ]);

  it('a key is new again, whether or not it was deleted', async () => {
    const key = newKey();
    const open = (title: string) => keyed(app.client, key).post('/v1/sessions', { title });
    const first = await open('One');
    await age(key, '23 hours 59 minutes');
    expect((await open('One')).body).toEqual(first.body);
    expect((await open('Two')).status).toBe(422);
    await age(key, '24 hours');
    const second = await open('Two');
    expect(second.status).toBe(201);
    expect((await open('Two')).body).toEqual(second.body);
    expect((await open('One')).status).toBe(422);
  });

  it('one of many that arrive at once takes it', async () => {
    const key = newKey();
    const open = (client: TestClient) => keyed(client, key).post('/v1/sessions', {});
    const first = await open(app.client);
    await age(key, '25 hours');
    const answers = await Promise.all([app, other, app, other, app, other].map(({ client }) => open(client)));
    const ids = new Set(answers.map(({ body }) => body.id as string));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(first.body.id);
  });

  it('it is deleted, and a younger one is not', async () => {
    const pruner = app.nest.get(IdempotencyKeyPruner);
    await pruner.prune();
    const [young, old] = [newKey(), newKey()];
    for (const key of [young, old]) await keyed(app.client, key).post('/v1/sessions', {});
    await age(young, '23 hours 59 minutes');
    await age(old, '24 hours');
    await app.database.rows(
      `insert into idempotency_keys (user_id, key, fingerprint, outcome, created_at)
       select 'local', 'old ' || n, '', '', now() - interval '2 days' from generate_series(1, 1200) as n`,
    );
    expect(await pruner.prune()).toBe(1201);
    expect(await pruner.prune()).toBe(0);
    expect(await count('idempotency_keys', `key = '${young}'`)).toBe(1);
  });

  it('it is not deleted while it is being taken anew', async () => {
    await once('renewed', async () => 'old');
    await age('renewed', '25 hours');
    const { held, release } = gate();
    const { held: inside, release: begun } = gate();
    const renewing = once('renewed', async () => {
      begun();
      await held;
      return 'new';
    });
    await inside;
    await app.nest.get(IdempotencyKeyPruner).prune();
    release();
    expect((await renewing).value).toBe('new');
    expect((await once('renewed', async () => 'newer')).value).toBe('new');
  });
});

describe('The description of the API', () => {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, { parameters?: { name: string }[]; responses: object }>>;
  };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );

  it('has POSTs that take no key: the claim of a call, and images, which have the same id again', () => {
    const without = operations.filter(({ operation }) => 'x-takes-no-idempotency-key' in operation);
    expect(without.map(({ path }) => path)).toEqual(['/v1/blobs', '/v1/tool-calls/{call_id}/claim']);
  });

  it.each(operations)('says of $method $path whether a key counts', ({ method, operation }) => {
    const names = operation.parameters?.map(({ name }) => name) ?? [];
    const counts = method === 'post' && !('x-takes-no-idempotency-key' in operation);
    expect(names.includes('Idempotency-Key')).toBe(counts);
    expect('422' in operation.responses).toBe(counts);
  });
});

describe('A request', () => {
  const request = (key: string) => ({ userId: 'local', key, fingerprint: Buffer.from(key) });

  it('ends with its first unit of work: work that it started goes on alone', async () => {
    const uow = app.nest.get(UnitOfWork);
    const done: unknown[] = [];
    const perform = () =>
      app.nest.get(Idempotency).within(request('chain'), async () => {
        const { value } = await uow.run('test', async () => new Date(0));
        await uow.run('test', async () => done.push(value));
        return value;
      });
    expect([await perform(), await perform()]).toEqual([new Date(0), new Date(0)]);
    expect(done).toHaveLength(2);
  });

  it('ends with its answer: what goes on behind it takes no key', async () => {
    const uow = app.nest.get(UnitOfWork);
    const { held: answered, release: answer } = gate();
    let behind: Promise<unknown> = answered;
    await app.nest.get(Idempotency).within(request('behind'), async () => {
      behind = answered.then(() => uow.run('test', async () => undefined));
    });
    answer();
    await behind;
    expect(await count('idempotency_keys', `key = 'behind'`)).toBe(0);
  });
});

describe('An answer that is lost', () => {
  let database: TestDatabase;
  let proxy: FlakyProxy;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = new FlakyProxy(new URL(database.url));
  });
  afterAll(() => database.drop());

  const stored = async (sessionId: string) =>
    database.rows<{ id: string }>('select id from runs where session_id = $1', [sessionId]);
  const storedOnce = (sessionId: string) =>
    eventually(async () => {
      const runs = await stored(sessionId);
      expect(runs).toHaveLength(1);
      return runs[0]!.id;
    });

  it('since the database did not say that it had committed, is found by the repeat, which begins the run', async () => {
    const env = { DATABASE_URL: await proxy.open(), RUN_LEASE_SECONDS: '3600' };
    const isolated = await TestApp.start(env, { database, model: app.model });
    try {
      app.model.script({ text: 'Found.' });
      const sessionId = await isolated.client.openSession({ agent: 'ask' });
      const client = keyed(isolated.client);
      proxy.swallowAnswersFrom('COMMIT');
      const lost = client.say(sessionId, 'Hello');
      const runId = await storedOnce(sessionId);
      await proxy.close();
      expect((await lost).body.code).toBe('database.unavailable');
      await proxy.open();
      const again = await eventually(async () => {
        const answer = await client.say(sessionId, 'Hello');
        expect(answer.status).toBe(202);
        return answer;
      });
      expect(again.body.run.id).toBe(runId);
      const events = await isolated.client.readUntil(sessionId, isFinished, again.body.last_event_id);
      expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
      expect(await stored(sessionId)).toHaveLength(1);
    } finally {
      await isolated.stop();
      await proxy.close();
    }
  });
});
