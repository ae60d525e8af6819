import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeltaLog } from '../../src/shared/application/delta-log.js';
import { DatabaseUnavailable } from '../../src/shared/application/errors.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { NoticeHandlers } from '../../src/shared/infrastructure/notices/notice-handlers.js';
import { Notice, NOTICES_CHANNEL } from '../../src/shared/infrastructure/notices/notice.js';
import { Database } from '../../src/shared/infrastructure/persistence/database.js';
import { RepositoryContext } from '../../src/shared/infrastructure/persistence/repository-context.js';
import { RepositoryRegistry } from '../../src/shared/infrastructure/persistence/repository-registry.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { TestApp } from '../support/test-app.js';

/** A repository that sends any statement. */
abstract class Statements {
  abstract query(text: string, values: readonly unknown[]): Promise<unknown[]>;
  abstract write(statement: { text: string; values: readonly unknown[] }): void;
}

const MAKE_TROUBLE = [
  // A sequence counts attempts that are rolled back, too.
  'create sequence attempts',
  `create function make_trouble(times integer, state text) returns integer language plpgsql as $$
    begin
      if nextval('attempts') <= times then
        raise exception using errcode = state, message = 'on purpose';
      end if;
      return pg_backend_pid();
    end $$`,
  `create function trouble() returns trigger language plpgsql as $$
    begin
      perform make_trouble(tg_argv[0]::integer, tg_argv[1]);
      return null;
    end $$`,
];

const CURED = ['40001', '40P01', '53300', '57014', '57P01', '57P03', '08006', '26000', '25006'];

describe('a statement that the database refuses for a passing trouble', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start();
    for (const sql of MAKE_TROUBLE) await app.database.rows(sql);
    app.nest.get(RepositoryRegistry).register(Statements, (context: RepositoryContext) => context);
    sessionId = await app.client.openSession({ agent: 'ask' });
  });
  beforeEach(() => app.database.rows(`select setval('attempts', 1, false)`));
  afterAll(() => app.stop());

  const ask = (times: number, state: string) =>
    app.nest
      .get(Database)
      .query<{ pid: number }>('select make_trouble($1::integer, $2) as pid', [times, state]);
  const transact = (times: number, state: string) =>
    app.nest
      .get(UnitOfWork)
      .run('test', (tx) => tx.get(Statements).query('select make_trouble($1::integer, $2)', [times, state]));
  const attempts = async () =>
    (await app.database.rows<{ attempts: number }>('select last_value::int as attempts from attempts'))[0]!
      .attempts;

  describe.each(CURED)('SQLSTATE %s', (state) => {
    it.each([
      ['by itself', ask],
      ['in a unit of work', transact],
    ])('is repeated, %s, and given up after three attempts', async (_how, send) => {
      await send(2, state);
      expect(await attempts()).toBe(3);
      await app.database.rows(`select setval('attempts', 1, false)`);
      await expect(send(9, state)).rejects.toBeInstanceOf(DatabaseUnavailable);
      expect(await attempts()).toBe(3);
    });
  });

  it('is not repeated where every attempt must fail', async () => {
    await expect(ask(1, '22P02')).rejects.toMatchObject({ code: '22P02' });
    await expect(transact(2, '22P02')).rejects.toThrow('could not be stored');
    expect(await attempts()).toBe(2);
  });

  describe('while a request is served', () => {
    let table: string;

    const disturb = async (name: string, times: number, state: string) => {
      table = name;
      await app.database.rows(
        `create trigger trouble before insert on ${name} for each statement execute function trouble('${times}', '${state}')`,
      );
    };
    afterEach(() => app.database.rows(`drop trigger trouble on ${table}`));

    const switchAgent = async () =>
      app.client.call(
        'POST',
        `/v1/sessions/${await app.client.openSession({ agent: 'ask' })}/messages`,
        { type: 'switch_agent', agent: 'coder' },
        { 'idempotency-key': crypto.randomUUID() },
      );
    const openSession = () => app.client.post('/v1/sessions');

    it.each(
      (
        [
          ['sessions', openSession],
          ['events', switchAgent],
          ['idempotency_keys', switchAgent],
        ] as const
      ).flatMap(([name, send]) => ['40001', '57P01', '25006'].map((state) => [name, state, send] as const)),
    )('in %s, with %s: the client learns nothing of two, and of more a 503', async (name, state, send) => {
      await disturb(name, 2, state);
      expect((await send()).status).toBeLessThan(300);
      expect(await attempts()).toBe(3);
      await app.database.rows(`drop trigger trouble on ${name}`);
      await disturb(name, 1_000, state);
      const { status, body, headers } = await send();
      expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'database.unavailable', '1']);
      expect(JSON.stringify(body)).not.toMatch(/on purpose/);
    });

    it('in the count of requests', async () => {
      const other = await TestApp.start(
        { RATE_LIMIT_PER_MINUTE: '1000' },
        { database: app.database, model: app.model },
      );
      try {
        await disturb('request_rates', 2, '40001');
        expect((await other.client.post('/v1/sessions')).status).toBe(201);
        expect(await attempts()).toBe(3);
      } finally {
        await other.stop();
      }
    });

    it.each(['40001', '57P01', '25006'])('in the deltas of an answer, with %s', async (state) => {
      const deltas = app.nest.get(DeltaLog);
      const writer = await app.database.letWrite(sessionId);
      const message = { sessionId, messageId: crypto.randomUUID(), ...writer };
      await disturb('deltas', 2, state);
      deltas.append({ type: 'message.delta', ...message, offset: 0, text: 'one ' });
      await deltas.flushed(message.messageId);
      const stored = await app.database.rows('select text from deltas where message_id = $1', [
        message.messageId,
      ]);
      expect(stored).toEqual([{ text: 'one ' }]);
      expect(await attempts()).toBe(3);
    });
  });

  describe('and the connections of the process', () => {
    const pids = async (condition = 'true') =>
      (
        await app.database.rows<{ pid: number }>(
          `select pid from pg_stat_activity
            where datname = current_database() and application_name like 'agent-runtime%' and ${condition}`,
        )
      ).map(({ pid }) => pid);

    /** Connections of every kind that are older than a second. */
    const settled = async (): Promise<number[]> => {
      app.model.reset();
      app.model.script({ text: 'word '.repeat(20), pace: { chunk: 5 } });
      await app.client.ask(sessionId, 'Say it');
      return eventually(async () => {
        const all = await pids();
        expect(await pids(`backend_start < now() - interval '1.1 seconds'`)).toEqual(all);
        return all;
      });
    };

    /** The one that the pool hands out next, and the one that listens. */
    const some = async () => {
      const [{ pid }] = (await ask(0, 'none')) as [{ pid: number }];
      const [listening] = await pids(`application_name = 'agent-runtime notices'`);
      return { pid, listening };
    };

    it('stay after a conflict', async () => {
      await settled();
      const { pid, listening } = await some();
      await ask(2, '40001');
      expect(await pids()).toEqual(expect.arrayContaining([pid, listening]));
    });

    it('lose the one that is of no more use', async () => {
      await settled();
      const { pid, listening } = await some();
      await ask(2, '08006');
      await eventually(async () => expect(await pids()).not.toContain(pid));
      expect(await pids()).toContain(listening);
    });

    it('are all replaced after a write on a read-only server, and serve again', async () => {
      const before = await settled();
      await ask(1, '25006');
      await eventually(async () => {
        const kept = new Set(before).intersection(new Set(await pids()));
        expect([...kept]).toEqual([]);
      });
      await eventually(async () =>
        expect(await pids(`application_name = 'agent-runtime notices'`)).toHaveLength(1),
      );
      await settled();
    });
  });
});

describe('a database that is read-only for a while', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start({}, { worker: true });
    sessionId = await app.client.openSession({ agent: 'ask' });
  });
  afterAll(() => app.stop());

  /** For connections that are opened from now on. */
  const set = async (database: TestDatabase, readOnly: 'on' | 'off') => {
    const [{ name }] = (await database.rows('select current_database() as name')) as [{ name: string }];
    await database.rows(`alter database ${name} set default_transaction_read_only = ${readOnly}`);
  };

  it('is told to clients, shows in /health, and heals without a connection being ended from outside', async () => {
    await set(app.database, 'on');
    await app.database.rows(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name like 'agent-runtime%'`,
    );
    await eventually(async () => {
      const { status, body, headers } = await app.client.say(sessionId, 'hello?');
      expect([status, body.code, body.detail, headers.get('retry-after')]).toEqual([
        503,
        'database.unavailable',
        'The database is read-only at the moment; try again',
        '1',
      ]);
    });
    expect((await app.client.get(`/v1/sessions/${sessionId}`)).status).toBe(200);
    const ready = await app.client.get('/health/ready');
    expect([ready.status, ready.body.error.database.status]).toEqual([503, 'down']);
    expect((await app.client.get('/health/live')).status).toBe(200);

    await set(app.database, 'off');
    await eventually(async () => expect((await app.client.get('/health/ready')).status).toBe(200));
    app.model.script({ text: 'word '.repeat(20), pace: { chunk: 5 } });
    const events = await app.client.ask(sessionId, 'Say it');
    expect(isFinished(events.at(-1)!)).toBe(true);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('is noticed on the connection for notices, which is replaced and listens again', async () => {
    // One that no other connection of this process leads to.
    const lone = await TestApp.start();
    const heard = vi.fn();
    lone.nest.get(NoticeHandlers).on('test', heard);
    const [payload] = new Notice().add('test', ['text']).toPayloads(randomUUID());
    const pids = () =>
      lone.database.rows<{ pid: number }>(
        `select pid from pg_stat_activity
          where datname = current_database() and application_name = 'agent-runtime notices'`,
      );
    const replaced = (before: { pid: number }) =>
      eventually(async () => {
        const now = await pids();
        expect(now).toHaveLength(1);
        expect(now).not.toContainEqual(before);
        return now[0]!;
      });
    try {
      const [writing] = await pids();
      await set(lone.database, 'on');
      await lone.database.rows('select pg_terminate_backend($1)', [writing!.pid]);
      const reading = await replaced(writing!);
      await set(lone.database, 'off');
      await replaced(reading);
      await eventually(async () => {
        await lone.database.rows('select pg_notify($1, $2)', [NOTICES_CHANNEL, payload]);
        expect(heard).toHaveBeenCalled();
      });
    } finally {
      await lone.stop();
    }
  });
});

describe('a connection that is lost', () => {
  let database: TestDatabase;
  let proxy: FlakyProxy;
  let app: TestApp;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = new FlakyProxy(new URL(database.url));
    app = await TestApp.start({ DATABASE_URL: await proxy.open() }, { database });
    app.nest.get(RepositoryRegistry).register(Statements, (context: RepositoryContext) => context);
    await database.rows('create table things (id integer)');
  });
  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await database.drop();
  });

  it('before the commit: the work is done once more, on another one', async () => {
    let attempts = 0;
    await app.nest.get(UnitOfWork).run('test', async (tx) => {
      attempts++;
      const statements = tx.get(Statements);
      await statements.query('insert into things values ($1) returning id', [attempts]);
      if (attempts === 1) await statements.query('select pg_terminate_backend(pg_backend_pid())', []);
    });
    expect(await database.rows('select id from things')).toEqual([{ id: 2 }]);
  });

  it('by a FATAL error before the commit that was sent with the work: the work is done once more', async () => {
    await database.rows('insert into things values (10)');
    const unlock = await database.lock('select from things where id = 10 for update', []);
    const working = app.nest.get(UnitOfWork).run('test', async (tx) => {
      tx.get(Statements).write({ text: 'update things set id = id + 1 where id >= $1', values: [10] });
    });
    await eventually(async () => {
      const ended = await database.rows(
        'select pg_terminate_backend(pid) from pg_locks where not granted and pid <> pg_backend_pid()',
      );
      expect(ended).toHaveLength(1);
    });
    await unlock();
    await working;
    expect(await database.rows('select id from things where id >= 10')).toEqual([{ id: 11 }]);
  });

  it('during the commit: the work is not done twice, and a repeat with its key is answered', async () => {
    const open = () =>
      app.client.call(
        'POST',
        '/v1/sessions',
        { title: 'in doubt' },
        { 'idempotency-key': 'key of a request in doubt' },
      );
    const stored = () => database.rows<{ id: string }>(`select id from sessions where title = 'in doubt'`);
    proxy.swallowAnswersFrom('COMMIT');
    const answering = open();
    await eventually(async () => expect(await stored()).toHaveLength(1));
    await proxy.close();
    await proxy.open();
    const { status, body } = await answering;
    expect([status, body.code]).toEqual([503, 'database.unavailable']);
    const [session] = await stored();
    const repeated = await open();
    expect([repeated.status, repeated.body.id]).toEqual([201, session!.id]);
    expect(await stored()).toHaveLength(1);
  });
});
