import type { Client } from 'pg';
import { Statement } from './row-statements.js';

/** What an error of PostgreSQL means to whoever gave the statement. */
export type Explain = (error: unknown) => unknown;

const asItIs: Explain = (error) => error;

/**
 * A transaction whose statements are sent as they come. Only what is asked for is waited for; that everything was taken
 * is known when it is committed. So whatever has to refuse a change must be in the database: a constraint, or a
 * statement that fails (`requiringOne`), never a look at what came back.
 */
export class SqlTransaction {
  private readonly written: Promise<void>[] = [];
  private failure: { readonly error: unknown } | undefined;
  private isOpen = true;

  constructor(private readonly client: Client) {
    this.write({ text: 'START TRANSACTION', values: [] });
  }

  /** Asks, and waits for the answer. */
  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.client.query(text, [...values])).rows as Row[];
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** Sends, and does not wait. */
  write({ text, values }: Statement, explain = asItIs): void {
    this.written.push(
      this.client.query(text, [...values]).then(
        () => undefined,
        (error: unknown) => void this.fail(explain(error)),
      ),
    );
  }

  /** @throws the first error of all statements */
  async commit(): Promise<void> {
    this.isOpen = false;
    const committing = this.client.query('COMMIT').catch((error: unknown) => void this.fail(error));
    await Promise.all(this.written);
    const result = await committing;
    if (this.failure) throw this.failure.error;
    // PostgreSQL rolls back where a statement failed, and calls that no error.
    if (result?.command !== 'COMMIT') throw new Error('the error of a statement was not passed on');
  }

  /**
   * @param error why; where a statement had failed before, that is the reason
   * @returns the reason
   */
  async rollBack(error: unknown): Promise<unknown> {
    await Promise.all(this.written);
    const reason = this.failure ? this.failure.error : error;
    // A connection that cannot roll back is broken: PostgreSQL does it by itself.
    if (this.isOpen) await this.client.query('ROLLBACK').catch(asItIs);
    this.isOpen = false;
    return reason;
  }

  /** Once a statement has failed, all that follow do: the first error is the one that says why. */
  private fail(error: unknown): unknown {
    this.failure ??= { error };
    return this.failure.error;
  }
}
