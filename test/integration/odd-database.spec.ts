import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openSession,
  openUnflushedSession,
  openUnlimitedSession,
} from '../../src/shared/infrastructure/persistence/session-settings.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { TestApp } from '../support/test-app.js';

/** Each would break something: how dates and bytes are read, what a transaction sees, how long connections live. */
const ODD = {
  datestyle: 'German, DMY',
  intervalstyle: 'iso_8601',
  timezone: 'Asia/Kolkata',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  array_nulls: 'off',
  standard_conforming_strings: 'off',
  default_transaction_isolation: 'serializable',
  synchronous_commit: 'off',
  lock_timeout: '1ms',
  statement_timeout: '2s',
  transaction_timeout: '3s',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '1s',
};

const RELIED_ON = {
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  default_transaction_isolation: 'read committed',
  statement_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
};

describe('a database with settings of its own', () => {
  let database: TestDatabase;
  let app: TestApp;

  beforeAll(async () => {
    database = await TestDatabase.create();
    const { pathname } = new URL(database.url);
    for (const [name, value] of Object.entries(ODD)) {
      await database.rows(`alter database ${pathname.slice(1)} set ${name} = '${value}'`);
    }
    app = await TestApp.start({}, { database, worker: true });
  });
  afterAll(async () => {
    await app.stop();
    await database.drop();
  });

  const LIMITS = { lock_timeout: '3s', idle_in_transaction_session_timeout: '10s' };

  it.each([
    ['openSession', openSession, { ...LIMITS, synchronous_commit: 'on' }],
    ['openUnflushedSession', openUnflushedSession, { ...LIMITS, synchronous_commit: 'off' }],
    [
      'openUnlimitedSession',
      openUnlimitedSession,
      { lock_timeout: '0', idle_in_transaction_session_timeout: '0', synchronous_commit: 'on' },
    ],
  ])('%s sets what the code relies on', async (_name, open, own) => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await open(client);
    const { rows } = await client.query<{ name: string; value: string }>(
      'select name, current_setting(name) as value from unnest($1::text[]) as name',
      [Object.keys(ODD)],
    );
    await client.end();
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual({
      ...RELIED_ON,
      ...own,
    });
  });

  it('leaves the operator to say how many servers a commit waits for', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query('set synchronous_commit = remote_apply');
    await openSession(client);
    const { rows } = await client.query(`select current_setting('synchronous_commit') as value`);
    await client.end();
    expect(rows).toEqual([{ value: 'remote_apply' }]);
  });

  it('is read and written as any other', async () => {
    app.model.script({ text: 'Here I am.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.client.say(sessionId, 'Hello?');
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    for (const { created_at: at } of events) {
      expect(Math.abs(Date.now() - Date.parse(at))).toBeLessThan(60_000);
    }
  });

  it('does not end connections that wait for hours', async () => {
    const waiting = () =>
      database.rows<{ pid: number; application_name: string }>(
        `select pid, application_name from pg_stat_activity
          where datname = current_database() and application_name like 'agent-runtime %'
            and (query ilike 'listen%' or application_name like '% notices' or application_name like '% deltas')
          order by application_name`,
      );
    const before = await waiting();
    expect(before.map((each) => each.application_name)).toEqual([
      'agent-runtime deltas',
      'agent-runtime jobs',
      'agent-runtime notices',
    ]);
    // A connection as it is without settings lives for as long as the database says.
    const other = new Client({ connectionString: database.url });
    other.on('error', () => undefined);
    await other.connect();
    await new Promise<void>((ended) => other.once('end', ended));
    expect(await waiting()).toEqual(before);
  });
});
