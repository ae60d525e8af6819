import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PostgresClient } from '../../src/shared/infrastructure/persistence/postgres-client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';

/** Of the answer to a statement, and of the close that follows it. */
const [ANSWER_LIMIT_MS, CLOSE_LIMIT_MS] = [10_000, 1_000];

describe('a connection with an open statement', () => {
  let database: TestDatabase;
  let client: PostgresClient;
  let unlock: () => Promise<void>;
  let asking: Promise<unknown>;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await database.rows('create table things (id integer)');
    await database.rows('insert into things values (1)');
  });
  afterAll(() => database.drop());

  /** The statement waits for a row lock. */
  beforeEach(async () => {
    client = new PostgresClient({ connectionString: database.url });
    await client.connect();
    unlock = await database.lock('select from things for update', []);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer: Promise<{ rows: unknown[] }> = client.query('select id from things for update');
    asking = answer.then(
      ({ rows }) => rows,
      (error: Error) => error.message,
    );
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['ended', () => void client.end()],
    ['replaced', () => client.replace(new Error('the server has become read-only'))],
  ])('is %s after the answer, which may take longer than a close', async (_how, end) => {
    end();
    await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS - 1);
    await unlock();
    expect(await asking).toEqual([{ id: 1 }]);
  });

  it('is cut off at the limit of the answer, which later statements do not extend', async () => {
    const ended = vi.fn();
    client.once('end', ended);
    void client.end();
    await vi.advanceTimersByTimeAsync(ANSWER_LIMIT_MS - 1);
    await expect(client.query('select 1')).rejects.toThrow('not queryable');
    await vi.advanceTimersByTimeAsync(1);
    await turn();
    await vi.advanceTimersByTimeAsync(CLOSE_LIMIT_MS);
    const answered = await asking;
    await unlock();
    expect(answered).toBe('Connection terminated');
    vi.useRealTimers();
    await eventually(() => expect(ended).toHaveBeenCalled());
  });
});
