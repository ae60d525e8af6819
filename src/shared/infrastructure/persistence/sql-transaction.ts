import type { Client, QueryResult } from 'pg';
import { fromHere } from './database-errors.js';
import { PipelinedClient } from './pipelined-client.js';
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
  private unsent: { statement: Statement; answer: PromiseWithResolvers<QueryResult> }[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly client: PipelinedClient) {
    this.write({ text: 'START TRANSACTION', values: [] });
  }

  /** Asks, and waits for the answer. */
  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    try {
      return (await this.send({ text, values })).rows as Row[];
    } catch (error) {
      throw fromHere(this.fail(error));
    }
  }

  /** Sends, and does not wait. */
  write(statement: Statement, explain = asItIs): void {
    this.written.push(
      this.send(statement).then(
        () => undefined,
        (error: unknown) => void this.fail(explain(error)),
      ),
    );
  }

  /** @throws the first error of all statements; to be rolled back then */
  async commit(): Promise<void> {
    const { command } = await this.send({ text: 'COMMIT', values: [] }).catch((error: unknown) => {
      throw fromHere(this.fail(error));
    });
    // PostgreSQL rolls back where a statement has failed, and calls that no error.
    if (command !== 'COMMIT') throw this.fail(new Error('a statement has failed, and nobody was told'));
  }

  /**
   * @param error why; where a statement had failed before, that is the reason
   * @returns the reason
   */
  async rollBack(error: unknown): Promise<unknown> {
    this.sendAll();
    // By itself: behind a statement that fails it would not be carried out either. A connection that cannot roll back is
    // broken, and PostgreSQL does it then.
    await (this.client as Client).query('ROLLBACK').catch(asItIs);
    await Promise.all(this.written);
    return this.failure ? this.failure.error : error;
  }

  /** What is given at one go is sent at one go. */
  private send(statement: Statement): Promise<QueryResult> {
    if (this.unsent.length === 0) process.nextTick(() => this.sendAll());
    const answer = Promise.withResolvers<QueryResult>();
    this.unsent.push({ statement, answer });
    return answer.promise;
  }

  private sendAll(): void {
    const sent = this.unsent;
    if (sent.length === 0) return;
    this.unsent = [];
    const answers = this.client.queryAll(sent.map(({ statement }) => statement));
    for (const [index, { answer }] of sent.entries()) answer.resolve(answers[index]!);
  }

  /** Once a statement has failed, all that follow do: the first error is the one that says why. */
  private fail(error: unknown): unknown {
    this.failure ??= { error };
    return this.failure.error;
  }
}
