import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigInvalid } from '../../src/config/config.js';
import { migrate } from '../../src/shared/infrastructure/persistence/data-source.js';
import { Database } from '../../src/shared/infrastructure/persistence/database.js';
import { explainDatabaseError } from '../../src/shared/infrastructure/persistence/database-advice.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { TestApp } from '../support/test-app.js';

/** Clients that send a statement at once, so that the pooler has as many idle connections afterwards. */
async function warmUp(url: string, count: number): Promise<void> {
  const clients = Array.from({ length: count }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  await Promise.all(clients.map((client) => client.query('select pg_sleep(0.2)')));
  await Promise.all(clients.map((client) => client.end()));
}

describe.skipIf(isLeftOutWithout('pgbouncer'))('behind pgbouncer', () => {
  let database: TestDatabase;
  let bouncer: PgBouncer;

  beforeAll(async () => {
    database = await TestDatabase.create();
  });
  afterEach(() => bouncer.stop());
  afterAll(() => database.drop());

  it('with its default settings, in session mode, everything works and every limit holds', async () => {
    bouncer = await PgBouncer.start(database.url, {});
    const env = { DATABASE_URL: bouncer.url };
    const app = await TestApp.start(env, { database, worker: true });
    const other = await TestApp.start(env, { database, model: app.model });
    try {
      app.model.script({ text: 'one two three', pace: { chunk: 4, tokensPerSecond: 100 } });
      const sessionId = await app.client.openSession({ agent: 'ask' });
      const reading = other.client.readUntil(sessionId, isFinished);
      await app.client.say(sessionId, 'Count');
      expect((await reading).at(-1)!.data).toMatchObject({ status: 'completed' });
      const limits = await app.nest.get(Database).query(
        `select current_setting('lock_timeout') as lock,
                current_setting('idle_in_transaction_session_timeout') as idle`,
      );
      expect(limits).toEqual([{ lock: '3s', idle: '10s' }]);
    } finally {
      await other.stop();
      await app.stop();
    }
  });

  it.each([
    ['transaction', { default_pool_size: '1' }, 0],
    ['transaction', {}, 0],
    ['transaction', {}, 5],
    ['transaction', { server_round_robin: '1' }, 0],
    ['transaction', { server_round_robin: '1' }, 2],
    ['transaction', { server_round_robin: '1' }, 5],
    ['statement', {}, 0],
    ['statement', { server_round_robin: '1' }, 5],
  ])('in %s mode, with %j and %i idle connections, no process starts', async (mode, settings, idle) => {
    bouncer = await PgBouncer.start(database.url, { pool_mode: mode, ...settings });
    await warmUp(bouncer.url, idle);
    const refused = await migrate(bouncer.url).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigInvalid);
    expect((refused as ConfigInvalid).message).toMatch(/DATABASE_URL must .*pooler in session mode/);
    // A lock that stays with the pooler would stop the next start.
    const locks = await database.rows(
      `select l.objid from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and d.datname = current_database()`,
    );
    expect(locks).toEqual([]);
  });

  it.each([
    [
      'that has no connection left',
      { default_pool_size: '1', query_wait_timeout: '1' },
      '',
      'free connections',
    ],
    ['that takes fewer clients', { max_client_conn: '1' }, '', 'All connections are in use'],
    ['with a startup parameter', {}, '?options=-c%20geqo%3Doff', 'ignore_startup_parameters'],
  ])('a start through a pooler %s says so', async (_what, settings, parameters, advice) => {
    bouncer = await PgBouncer.start(database.url, settings);
    const refused = await migrate(bouncer.url + parameters).catch((error: unknown) => error);
    expect(explainDatabaseError(refused)).toContain(advice);
  });
});
