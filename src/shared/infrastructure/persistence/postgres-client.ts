import { Client, type ClientConfig } from 'pg';
import { troubleOf } from './database-errors.js';
import { OpenConnection, openConnections } from './open-connections.js';

const CONNECT_LIMIT_MS = 5_000;

/**
 * How long PostgreSQL may take to answer. Statements are short by design (units of work never span a wait, sweeps
 * work in batches, lists in pages): after this time the statement or its answer is lost. Migrations, which may take
 * longer, have connections of their own.
 */
const ANSWER_LIMIT_MS = 10_000;
/** Time for the server to close a connection without open statements before the socket is destroyed. */
const CLOSE_LIMIT_MS = 1_000;

/**
 * A pg client that sends statements without waiting for earlier answers (pg's `pipeline`), those of one turn of the event
 * loop in one packet, and closes the connection when no answer arrives for 10 s: a network that drops packets silently
 * reports no error. Open statements then fail as with any lost connection.
 *
 * It ends itself when an answer says that the connection is of no more use, and has the others to its address replaced
 * when the server has become read-only.
 */
export class PostgresClient extends Client implements OpenConnection {
  /** While statements are open. */
  private limit: NodeJS.Timeout | undefined;
  private isEnding = false;

  constructor(config: ClientConfig = {}) {
    // The limit of a pool is for the wait in its queue as well.
    super({ keepAlive: true, ...config, connectionTimeoutMillis: CONNECT_LIMIT_MS, pipeline: true });
    this.on('error', () => undefined); // open statements fail with it; without a listener the process would crash
    this.on('drain', () => this.answered());
    this.on('end', () => this.answered());
    // Not before: pg does not settle `connect` of a connection that is ended meanwhile.
    this.connection.once('readyForQuery', () => openConnections.add(this));
    this.on('end', () => openConnections.delete(this));
    // Before the sender of the statement learns of the error, and releases the connection.
    this.connection.on('errorMessage', (error: unknown) => this.endAfter(error));
  }

  get address(): string {
    return `${this.host}:${this.port}/${this.database}`;
  }

  replace(reason: Error): void {
    void this.end(); // the statements that were sent are still answered
    this.emit('error', reason); // a pool removes a connection that reports an error
  }

  /** Signature of pg's own method. */
  override query(...given: unknown[]): never {
    // pg refuses it once the connection is ending, and the limit is that of the statements before.
    if (!this.isEnding) this.limitAnswer();
    this.gather();
    return super.query(...(given as [string])) as never;
  }

  /** Open statements are still answered, within their limit. Signature of pg's own method. */
  override end(...given: unknown[]): never {
    this.isEnding = true;
    openConnections.delete(this);
    if (this.limit) this.once('drain', () => this.closeSoon());
    else this.closeSoon();
    return super.end(...(given as [])) as never;
  }

  private limitAnswer(): void {
    this.answered();
    const limit = setTimeout(() => {
      // After a suspension of the process the timer fires before the answer is read.
      setImmediate(() => {
        if (this.limit !== limit) return;
        this.answered(); // open statements are not waited for any longer
        void this.end();
      });
    }, ANSWER_LIMIT_MS);
    this.limit = limit;
  }

  private closeSoon(): void {
    const limit = setTimeout(() => this.connection.stream.destroy(), CLOSE_LIMIT_MS);
    this.once('end', () => clearTimeout(limit));
  }

  private endAfter(error: unknown): void {
    const trouble = troubleOf(error);
    if (trouble === 'lost' || trouble === 'read_only') void this.end();
    if (trouble === 'read_only') openConnections.replaceAllTo(this.address);
  }

  /** A packet for each statement would cost both sides a wake-up for each. */
  private gather(): void {
    const { stream } = this.connection; // with TLS another one once that is negotiated
    if (stream.writableCorked > 0) return;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  private answered(): void {
    clearTimeout(this.limit);
    this.limit = undefined;
  }
}
