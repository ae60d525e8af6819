import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { constraintOf } from '../../src/shared/infrastructure/persistence/database-errors.js';
import { PostgresClient } from '../../src/shared/infrastructure/persistence/postgres-client.js';
import { requiringOne } from '../../src/shared/infrastructure/persistence/row-statements.js';
import { SqlTransaction } from '../../src/shared/infrastructure/persistence/sql-transaction.js';
import { TestDatabase } from '../support/database.js';

const insert = (id: number) => ({ text: 'insert into things (id) values ($1)', values: [id] });

class Taken extends Error {}

describe('a transaction whose statements are sent as they come', () => {
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await database.rows('create table things (id integer constraint things_pk primary key)');
  });
  beforeEach(async () => {
    await database.rows('truncate things');
    client = new PostgresClient({ connectionString: database.url });
    await client.connect();
  });
  afterEach(() => client.end());
  afterAll(() => database.drop());

  const things = async () =>
    (await database.rows<{ id: number }>('select id from things order by id')).map(({ id }) => id);

  const insertAll = async (...ids: number[]) => {
    const transaction = new SqlTransaction(client);
    for (const id of ids) transaction.write(insert(id));
    await transaction.commit();
  };

  const prepareAll = async () => {
    await insertAll(101, 102);
    const transaction = new SqlTransaction(client);
    transaction.write(insert(103));
    await transaction.rollBack(undefined);
  };

  /** PostgreSQL parses a statement before it runs it for the first time, and can refuse it at either step. */
  const ways = [
    ['for the first time', async () => undefined],
    ['once it is prepared', prepareAll],
  ] as const;

  it('answers each question with its own rows, also when several are asked at once', async () => {
    for (const round of [1, 2]) {
      const transaction = new SqlTransaction(client);
      const ask = (n: number) => transaction.query<{ n: number }>('select $1::integer as n', [n]);
      transaction.write(insert(round));
      expect(await Promise.all([ask(7), ask(8)])).toEqual([[{ n: 7 }], [{ n: 8 }]]);
      expect(await transaction.query('select id from things where id = $1', [round])).toEqual([
        { id: round },
      ]);
      await transaction.commit();
    }
  });

  describe.each(ways)('%s', (_, prepare) => {
    beforeEach(prepare);

    it('fails as a whole with the first error, translated by the caller of that statement', async () => {
      const before = await things();
      const transaction = new SqlTransaction(client);
      transaction.write(insert(1));
      transaction.write(insert(1), (error) => (constraintOf(error) === 'things_pk' ? new Taken() : error));
      transaction.write(insert(2), () => new Error('not this one'));
      await expect(transaction.commit()).rejects.toBeInstanceOf(Taken);
      expect(await transaction.rollBack(new Error('not this one'))).toBeInstanceOf(Taken);
      expect(client.getTransactionStatus()).toBe('I');
      expect(await things()).toEqual(before);
      await insertAll(1);
      expect(await things()).toEqual([1, ...before]);
    });

    it('gives a question that comes after a failure the failure’s error', async () => {
      const transaction = new SqlTransaction(client);
      for (const id of [1, 1]) transaction.write(insert(id), () => new Taken());
      await expect(transaction.query('select 1 as one', [])).rejects.toBeInstanceOf(Taken);
      await transaction.rollBack(undefined);
      expect(client.getTransactionStatus()).toBe('I');
    });

    it('is rolled back also when a statement that was not sent yet fails', async () => {
      const before = await things();
      const transaction = new SqlTransaction(client);
      for (const id of [1, 1]) transaction.write(insert(id), () => new Taken());
      expect(await transaction.rollBack(new Error('the work failed'))).toBeInstanceOf(Taken);
      expect(client.getTransactionStatus()).toBe('I');
      expect(await things()).toEqual(before);
    });

    it('is not committed where a statement does not write the one row that it must', async () => {
      const before = await things();
      const transaction = new SqlTransaction(client);
      transaction.write(insert(1));
      transaction.write({ text: requiringOne('update things set id = 3 where id = $1'), values: [2] });
      await expect(transaction.commit()).rejects.toMatchObject({ code: 'AR001' });
      await transaction.rollBack(undefined);
      expect(await things()).toEqual(before);
    });

    it('is not committed where a value cannot be encoded', async () => {
      const before = await things();
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      const transaction = new SqlTransaction(client);
      transaction.write(insert(1));
      transaction.write({ text: 'select $1::jsonb as never_sent', values: [circular] });
      await expect(transaction.commit()).rejects.toThrow(/circular/);
      await transaction.rollBack(undefined);
      expect(await things()).toEqual(before);
    });

    it('is not taken for committed where the work has overlooked an error', async () => {
      const before = await things();
      const transaction = new SqlTransaction(client);
      transaction.write(insert(1));
      await transaction.query('select 1 / $1::integer as wrong', [0]).catch(() => undefined);
      await expect(transaction.commit()).rejects.toMatchObject({ code: '22012' });
      await transaction.rollBack(undefined);
      expect(await things()).toEqual(before);
    });
  });

  it('fails where the connection is lost before the answer', async () => {
    const transaction = new SqlTransaction(client);
    transaction.write(insert(1));
    const committing = transaction.commit();
    client.connection.stream.destroy();
    await expect(committing).rejects.toThrow(/terminated/);
    await transaction.rollBack(undefined);
  });
});
