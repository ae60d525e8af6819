import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/read-config.js';
import { migrate } from '../../src/shared/infrastructure/persistence/data-source.js';
import { explainDatabaseError } from '../../src/shared/infrastructure/persistence/database-advice.js';
import { DatabaseLocation } from '../../src/shared/infrastructure/persistence/database-location.js';
import { isFinished } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';
import { TlsDatabase } from '../support/tls-database.js';

/** What a start does first. @returns what prevents it; undefined where nothing does */
async function refusalOf(url: string): Promise<string | undefined> {
  const location = await DatabaseLocation.open(readConfig({ DATABASE_URL: url }));
  return migrate(location.url).then(
    () => undefined,
    (error: unknown) => explainDatabaseError(error) ?? String(error),
  );
}

it('a server without TLS is named as one, where TLS is required', async () => {
  const database = await TestDatabase.create();
  expect(await refusalOf(`${database.url}?sslmode=require`)).toContain('The server has no TLS');
  await database.drop();
});

describe.skipIf(isLeftOutWithout('openssl'))('a server that wants TLS, of an authority of its own', () => {
  let tls: TlsDatabase;

  beforeAll(async () => {
    tls = await TlsDatabase.create();
    // PostgreSQL reads its settings again some time after it is told to.
    await eventually(async () => expect(await refusalOf(tls.url({ sslmode: 'require' }))).toBe(undefined));
  });
  afterAll(() => tls.drop());

  it.each(['require', 'prefer', 'no-verify'])('is used unchecked with sslmode=%s', async (sslmode) => {
    expect(await refusalOf(tls.url({ sslmode }, '127.0.0.1'))).toBe(undefined);
  });

  it.each([
    ['verify-full', 'localhost'],
    ['verify-ca', '127.0.0.1'],
  ])('is used with sslmode=%s and its authority, as %s', async (sslmode, host) => {
    expect(await refusalOf(tls.url({ sslmode, sslrootcert: tls.authority }, host))).toBe(undefined);
  });

  it.each<[string, () => Record<string, string>, string]>([
    ['without TLS', () => ({}), 'add sslmode=verify-full or sslmode=require'],
    ['with sslmode=disable', () => ({ sslmode: 'disable' }), 'add sslmode=verify-full or sslmode=require'],
    [
      'for another host',
      () => ({ sslmode: 'verify-full', sslrootcert: tls.authority }),
      'for another host than that of DATABASE_URL',
    ],
    ['without its authority', () => ({ sslmode: 'verify-full' }), 'of an unknown authority'],
    [
      'by the authorities of the system',
      () => ({ sslmode: 'require', sslrootcert: 'system' }),
      'of an unknown authority',
    ],
    ...['require', 'verify-ca', 'verify-full'].map(
      (sslmode): [string, () => Record<string, string>, string] => [
        `with sslmode=${sslmode} and another authority`,
        () => ({ sslmode, sslrootcert: tls.stranger }),
        'of an unknown authority',
      ],
    ),
  ])('is not used %s', async (_how, parameters, words) => {
    expect(await refusalOf(tls.url(parameters(), '127.0.0.1'))).toContain(words);
  });

  it.each(['sslrootcert', 'sslcert', 'sslkey'])('needs a file in %s that can be read', async (name) => {
    const url = tls.url({ sslmode: 'verify-full', [name]: '/nowhere.pem' });
    await expect(refusalOf(url)).rejects.toThrow(
      `DATABASE_URL must name a file in ${name} that can be read (ENOENT)`,
    );
  });

  it('carries everything, on every connection', async () => {
    const url = tls.url({ sslmode: 'verify-full', sslrootcert: tls.authority });
    const app = await TestApp.start({ DATABASE_URL: url }, { database: tls.database, worker: true });
    app.model.script({ text: 'one two three', pace: { chunk: 4, tokensPerSecond: 100 } });
    const sessionId = await app.client.openSession({ agent: 'ask' });
    await app.client.say(sessionId, 'Count');
    const events = await app.client.readUntil(sessionId, isFinished);
    const open = await tls.database.rows<{ application_name: string; ssl: boolean }>(
      `select distinct application_name, ssl from pg_stat_activity join pg_stat_ssl using (pid)
        where datname = current_database() and application_name like 'agent-runtime%' order by 1`,
    );
    await app.stop();
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(open).toEqual(
      ['agent-runtime', 'agent-runtime deltas', 'agent-runtime jobs', 'agent-runtime notices'].map(
        (name) => ({
          application_name: name,
          ssl: true,
        }),
      ),
    );
  });
});
