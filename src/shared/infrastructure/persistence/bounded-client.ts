import type { ClientConfig } from 'pg';
import { PipelinedClient } from './pipelined-client.js';

const CONNECT_LIMIT_MS = 5_000;

/**
 * How long PostgreSQL may take to answer. Whatever we ask is short by design (units of work never span a wait, sweeps
 * go by batches, lists by pages): what takes this long has not been heard, or its answer is lost. Migrations, which may
 * take as long as they like, have connections of their own.
 */
const ANSWER_LIMIT_MS = 10_000;
/** A goodbye that nobody hears. */
const CLOSE_LIMIT_MS = 1_000;

/**
 * A connection that nobody waits on for ever. A network that swallows everything tells nobody that it does; so a
 * connection on which no answer comes in time is cut. From there on it is a lost connection like any other: what was
 * asked fails, and it is never used again.
 */
export class BoundedClient extends PipelinedClient {
  private limit: NodeJS.Timeout | undefined;

  constructor(config: ClientConfig = {}) {
    super({ connectionTimeoutMillis: CONNECT_LIMIT_MS, keepAlive: true, ...config });
    this.on('error', () => undefined); // whoever has asked something is told; heard by nobody, it would end the process
    this.on('drain', () => this.answered());
    this.on('end', () => this.answered());
  }

  /** Takes and gives whatever the client's does. */
  override query(...given: unknown[]): never {
    this.answered();
    const limit = setTimeout(() => {
      // A process that stood still itself finds the answer only now.
      setImmediate(() => {
        if (this.limit === limit) void this.end();
      });
    }, ANSWER_LIMIT_MS);
    this.limit = limit;
    return super.query(...(given as [string]));
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
