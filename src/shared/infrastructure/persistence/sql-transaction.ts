import type { Client, QueryConfig, QueryResult } from 'pg';
import { fromHere, isFromServer, isUnanswered } from './database-errors.js';
import { prepared } from './prepared-statements.js';
import { Statement } from './row-statements.js';

/** Translates an error of PostgreSQL for the sender of the statement. */
export type Explain = (error: unknown) => unknown;

const asItIs: Explain = (error) => error;

/**
 * A transaction that sends each statement without waiting for the answers to earlier ones. Only a query waits for its
 * own answer; the commit reports whether all writes were accepted. So the database must refuse an invalid write, by a
 * constraint or a failing statement (`requiringOne`); answers of writes are not read.
 */
export class SqlTransaction {
  private failure: { readonly error: unknown } | undefined;
  private commitIsUnanswered = false;

  /** @param client sends statements in order, each without waiting (PostgresClient) */
  constructor(private readonly client: Client) {
    this.send('START TRANSACTION').catch(asItIs); // kept as the failure, as in `write`
  }

  /** Sends a query, and waits for the rows. @throws the first error of all statements */
  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.send(prepared(text, values))).rows as Row[];
    } catch (error) {
      throw fromHere(error);
    }
  }

  /** Sends a write without waiting: the commit reports a failure. */
  write({ text, values }: Statement, explain = asItIs): void {
    this.send(prepared(text, values), explain).catch(asItIs);
  }

  /** @throws the first error of all statements; the caller must roll back then */
  async commit(): Promise<void> {
    // A statement that pg could not encode was never sent: PostgreSQL would commit without it.
    if (this.failure) throw fromHere(this.failure.error);
    const noteAnswer: Explain = (error) => {
      // After a statement that PostgreSQL has refused, COMMIT rolls back; or a FATAL error has ended the session before it.
      const earlier = this.failure?.error;
      this.commitIsUnanswered =
        isUnanswered(error) && (!this.failure || (isUnanswered(earlier) && !isFromServer(earlier)));
      return error;
    };
    const { command } = await this.send('COMMIT', noteAnswer).catch((error: unknown) => {
      throw fromHere(error);
    });
    // After a failed statement PostgreSQL answers COMMIT with ROLLBACK, which is not an error.
    if (command !== 'COMMIT') throw this.fail(new Error(`COMMIT was answered by ${command}`));
  }

  /** The connection was lost between COMMIT and its answer: everything is stored, or nothing. */
  get mayBeCommitted(): boolean {
    return this.commitIsUnanswered;
  }

  /**
   * @param error why; the error of an earlier failed statement takes precedence
   * @returns the reason
   */
  async rollBack(error: unknown): Promise<unknown> {
    // A connection that cannot roll back is lost, which makes PostgreSQL roll back.
    await this.client.query('ROLLBACK').catch(asItIs);
    return this.failure ? this.failure.error : error;
  }

  /** Uses pg's callback: it is called in statement order, and synchronously if encoding fails. */
  private send(query: string | QueryConfig<unknown[]>, explain = asItIs): Promise<QueryResult> {
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult>();
    this.client.query(query, (error: Error | null, result) =>
      error ? reject(this.fail(explain(error))) : resolve(result),
    );
    return promise;
  }

  /** After the first error PostgreSQL refuses every statement of the transaction: the first error is the reason. */
  private fail(error: unknown): unknown {
    this.failure ??= { error };
    return this.failure.error;
  }
}
