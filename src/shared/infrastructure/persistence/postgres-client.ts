import { Client, type ClientConfig } from 'pg';

const CONNECT_LIMIT_MS = 5_000;

/**
 * How long PostgreSQL may take to answer. Statements are short by design (units of work never span a wait, sweeps go by
 * batches, lists by pages): one that takes this long has not arrived, or its answer is lost. Migrations, which may take
 * as long as they need, have connections of their own.
 */
const ANSWER_LIMIT_MS = 10_000;
/** How long the goodbye may take on a connection that is no longer heard. */
const CLOSE_LIMIT_MS = 1_000;

/**
 * A connection that sends a statement without waiting for the answers to earlier ones (pg's `pipeline`), and that is cut
 * when no answer comes in time: a network that drops every packet reports no error. A cut connection is a lost
 * connection like any other: open statements fail, and it is not used again.
 */
export class PostgresClient extends Client {
  private limit: NodeJS.Timeout | undefined;

  constructor(config: ClientConfig = {}) {
    super({ connectionTimeoutMillis: CONNECT_LIMIT_MS, keepAlive: true, ...config, pipeline: true });
    this.on('error', () => undefined); // the open statements fail with it; without a listener it would end the process
    this.on('drain', () => this.answered());
    this.on('end', () => this.answered());
  }

  /** Takes and returns what pg's own method does. */
  override query(...given: unknown[]): never {
    this.answered();
    const limit = setTimeout(() => {
      // In a process that was suspended the timer fires before the answer is read.
      setImmediate(() => {
        if (this.limit === limit) void this.end();
      });
    }, ANSWER_LIMIT_MS);
    this.limit = limit;
    return super.query(...(given as [string])) as never;
  }

  /** Likewise. */
  override end(...given: unknown[]): never {
    const limit = setTimeout(() => this.connection.stream.destroy(), CLOSE_LIMIT_MS);
    this.once('end', () => clearTimeout(limit));
    return super.end(...(given as [])) as never;
  }

  private answered(): void {
    clearTimeout(this.limit);
    this.limit = undefined;
  }
}
