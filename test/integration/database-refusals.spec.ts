import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrate } from '../../src/shared/infrastructure/persistence/data-source.js';
import { explainDatabaseError } from '../../src/shared/infrastructure/persistence/database-advice.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { DeafProxy } from '../support/deaf-proxy.js';
import { freePort } from '../support/free-port.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { TestApp } from '../support/test-app.js';

const PASSWORD = 'correct-horse';

/** A role of no rights, and an empty database that is not its own. */
class Stranger {
  private constructor(
    readonly name: string,
    readonly url: string,
  ) {}

  static async create(): Promise<Stranger> {
    const name = `agent_runtime_test_${randomUUID().replaceAll('-', '')}`;
    await Stranger.asAdmin('postgres', `create role ${name} login password '${PASSWORD}'`);
    await Stranger.asAdmin('postgres', `create database ${name}`);
    const url = new URL(inject('postgresUrl'));
    Object.assign(url, { username: name, password: PASSWORD, pathname: `/${name}` });
    return new Stranger(name, url.href);
  }

  /** Runs statements in its database. @param sql where `me` is the name of role and database */
  async grant(...sql: string[]): Promise<void> {
    for (const statement of sql) {
      await Stranger.asAdmin(this.name, statement.replaceAll(/\bme\b/g, this.name));
    }
  }

  async drop(): Promise<void> {
    await Stranger.asAdmin('postgres', `drop database ${this.name} with (force)`);
    await Stranger.asAdmin('postgres', `drop role ${this.name}`);
  }

  private static async asAdmin(database: string, sql: string): Promise<void> {
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${database}`;
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}

/** What a start says of the address. */
async function refusalOf(start: Promise<unknown>): Promise<string | undefined> {
  const reason = explainDatabaseError(await start.catch((error: unknown) => error));
  expect(reason).not.toMatch(new RegExp(`${PASSWORD}|hunter2`));
  return reason;
}

describe('a role of no rights', () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let stranger: Stranger;

  beforeAll(async () => {
    [database, model] = [await TestDatabase.create(), await ScriptedModel.start()];
  });
  afterAll(async () => {
    await model.stop();
    await database.drop();
  });
  beforeEach(async () => {
    stranger = await Stranger.create();
  });
  afterEach(() => stranger.drop());

  it('needs create on the schema and, until the queue has its schema, on the database', async () => {
    const start = () => TestApp.start({ DATABASE_URL: stranger.url }, { database, model });
    await stranger.grant('grant create on schema public to me');
    expect(await refusalOf(start())).toMatch(
      /permission denied for database agent_\w+ .* create on that database .* REDIS_URL/,
    );
    await stranger.grant('grant create on database me to me');
    await (await start()).stop();
    await stranger.grant('revoke create on schema public from me', 'revoke create on database me from me');
    const app = await start();
    model.script({ text: 'Here I am.' });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.client.say(sessionId, 'Hello?');
    const events = await app.client.readUntil(sessionId, isFinished);
    await app.stop();
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('may have the tables in a schema of its own', async () => {
    await stranger.grant('create schema agents authorization me', 'alter role me set search_path = agents');
    await migrate(stranger.url);
    await migrate(stranger.url);
    const client = new Client({ connectionString: stranger.url });
    await client.connect();
    const { rows } = await client.query(`select to_regclass('agents.sessions') is not null as exists`);
    await client.end();
    expect(rows).toEqual([{ exists: true }]);
  });

  it.each([
    ['create on the schema', [], /permission denied for schema public .* create on that schema/],
    [
      'the right to connect',
      ['revoke connect on database me from public'],
      /permission denied for database .* Grant connect/,
    ],
    [
      'the tables of another role',
      [
        'grant create on schema public to me',
        'create table migrations (id serial, timestamp bigint, name text)',
      ],
      /relation "migrations" already exists .* it must own the tables/,
    ],
    [
      'a schema',
      ['alter database me set search_path = nowhere'],
      /no schema has been selected .* search_path/,
    ],
    [
      'the right to write',
      ['grant create on schema public to me', 'alter database me set default_transaction_read_only = on'],
      /read-only transaction .* DATABASE_URL must lead to the primary/,
    ],
    ['the right to log in', ['alter role me nologin'], /not permitted to log in .* Check the user/],
    ['a connection', ['alter role me connection limit 0'], /too many connections .* DATABASE_POOL_SIZE/],
    [
      'its password',
      [`alter role me password 'another'`],
      /password authentication failed .* Check user and password/,
    ],
  ])('is told when it lacks %s', async (_what, grants, words) => {
    await stranger.grant(...grants);
    expect(await refusalOf(migrate(stranger.url))).toMatch(words);
  });

  it('is told that its settings are not kept', async () => {
    await stranger.grant(
      'create schema fake',
      'grant usage on schema fake to me',
      `create function fake.set_config(text, text, boolean) returns text language sql as 'select $2'`,
      'alter database me set search_path = fake, pg_catalog',
    );
    await expect(migrate(stranger.url)).rejects.toThrow('lock_timeout is not what was set');
  });

  it('is told that there is no such database', async () => {
    const url = new URL(stranger.url);
    url.pathname = '/nowhere';
    expect(await refusalOf(migrate(url.href))).toMatch(/"nowhere" does not exist .* Create that database/);
  });

  it('is told that a password is missing', async () => {
    const url = new URL(stranger.url);
    url.password = '';
    expect(await refusalOf(migrate(url.href))).toContain('The server wants a password');
  });
});

it('a pooler that swallows notifications is refused', async () => {
  const proxy = await DeafProxy.open(inject('postgresUrl'));
  await expect(migrate(proxy.url)).rejects.toThrow(/DATABASE_URL must .* passes notifications on/);
  await proxy.close();
});

describe('an address without PostgreSQL', () => {
  let server: Server | undefined;

  afterEach(() => server?.close());

  /** Something else that listens, and closes every connection. */
  async function closing(): Promise<number> {
    server = createServer((socket) => socket.destroy());
    await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
    return (server.address() as AddressInfo).port;
  }

  it.each([
    ['has no address', () => 'nowhere.invalid', /ENOTFOUND.* The host of DATABASE_URL has no address/],
    ['nothing listens', async () => `127.0.0.1:${await freePort()}`, /ECONNREFUSED.* Nothing listens/],
    ['something else listens', async () => `127.0.0.1:${await closing()}`, /was closed without an answer/],
  ])('is named where %s', async (_what, host, words) => {
    const url = `postgres://agents:hunter2@${await host()}/agents`;
    expect(await refusalOf(migrate(url))).toMatch(words);
  });
});
