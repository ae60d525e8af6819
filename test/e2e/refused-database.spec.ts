import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { PgBouncer } from '../support/pgbouncer.js';
import { API_ONLY, KEYS, MIGRATIONS, ServerProcess, WORKER } from '../support/server-process.js';

const PROGRAMS = {
  api: API_ONLY,
  worker: WORKER,
  keys: [...KEYS, 'list'],
  migrations: [...MIGRATIONS, 'run'],
};

/** What each program writes, and how it ends. */
const startAll = (url: string) =>
  Promise.all(
    Object.values(PROGRAMS).map(async (command) => {
      const env = { DATABASE_URL: url, OPENAI_BASE_URL: 'http://127.0.0.1:1' };
      const program = ServerProcess.spawn(env, command);
      return { ...(await program.exited), lines: program.lines, errors: program.errors.trim() };
    }),
  );

const everyProgram = (errors: unknown) =>
  Object.keys(PROGRAMS).map(() => ({ code: 1, signal: null, lines: [], errors }));

describe('every program ends with one message', { timeout: 60_000 }, () => {
  it('where its database cannot be reached', async () => {
    expect(await startAll('postgres://user:hunter2@127.0.0.1:1/db')).toEqual(
      everyProgram(
        'Cannot start: the database cannot be used: connect ECONNREFUSED 127.0.0.1:1 (ECONNREFUSED). Nothing listens at' +
          ' that address: check host and port of DATABASE_URL, and whether PostgreSQL runs',
      ),
    );
  });

  describe.skipIf(isLeftOutWithout('pgbouncer'))('behind a pooler', () => {
    let database: TestDatabase;
    let bouncer: PgBouncer;

    beforeAll(async () => {
      database = await TestDatabase.create();
      bouncer = await PgBouncer.start(database.url, { pool_mode: 'transaction' });
    });
    afterAll(async () => {
      await bouncer.stop();
      await database.drop();
    });

    it('in transaction mode', async () => {
      expect(await startAll(bouncer.url)).toEqual(
        everyProgram(
          expect.stringMatching(
            /^Cannot start, these settings are wrong:\n  DATABASE_URL must lead to PostgreSQL itself, or to a pooler in session mode: [^\n]+$/,
          ),
        ),
      );
    });
  });
});
