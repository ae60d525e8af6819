import type { Client, QueryConfig, QueryResult } from 'pg';
import { fromHere } from './database-errors.js';
import { prepared } from './prepared-statements.js';
import { Statement } from './row-statements.js';

/** What an error of PostgreSQL means to the sender of the statement. */
export type Explain = (error: unknown) => unknown;

const asItIs: Explain = (error) => error;

/**
 * A transaction that sends each statement without waiting for the answers to earlier ones. Only a query waits for its
 * own answer; that all changes were accepted is known at the commit. So a change must be refused by the database: by a
 * constraint, or by a statement that fails (`requiringOne`), never by a look at the answer.
 */
export class SqlTransaction {
  private failure: { readonly error: unknown } | undefined;

  /** @param client sends statements in order, each without waiting (PostgresClient) */
  constructor(private readonly client: Client) {
    this.send('START TRANSACTION').catch(asItIs); // kept as the failure, as in `write`
  }

  /** Sends, and waits for the answer. @throws the first error of all statements */
  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.send(prepared(text, values))).rows as Row[];
    } catch (error) {
      throw fromHere(error);
    }
  }

  /** Sends, and does not wait: a failure is told by the commit. */
  write({ text, values }: Statement, explain = asItIs): void {
    this.send(prepared(text, values), explain).catch(asItIs);
  }

  /** @throws the first error of all statements; to be rolled back then */
  async commit(): Promise<void> {
    // A statement that pg could not encode was never sent: PostgreSQL would commit without it.
    if (this.failure) throw fromHere(this.failure.error);
    const { command } = await this.send('COMMIT').catch((error: unknown) => {
      throw fromHere(error);
    });
    // PostgreSQL rolls back where a statement has failed, and does not report that as an error.
    if (command !== 'COMMIT') throw this.fail(new Error(`COMMIT was answered by ${command}`));
  }

  /**
   * @param error why; where a statement had failed before, that is the reason
   * @returns the reason
   */
  async rollBack(error: unknown): Promise<unknown> {
    // A connection that cannot roll back is lost, and PostgreSQL rolls back by itself.
    await this.client.query('ROLLBACK').catch(asItIs);
    return this.failure ? this.failure.error : error;
  }

  /** By pg's callback: it is called in the order of the statements, and before this returns where encoding fails. */
  private send(query: string | QueryConfig<unknown[]>, explain = asItIs): Promise<QueryResult> {
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult>();
    this.client.query(query, (error: Error | null, result) =>
      error ? reject(this.fail(explain(error))) : resolve(result),
    );
    return promise;
  }

  /** After the first error PostgreSQL refuses every statement of the transaction: the first is the reason. */
  private fail(error: unknown): unknown {
    this.failure ??= { error };
    return this.failure.error;
  }
}
