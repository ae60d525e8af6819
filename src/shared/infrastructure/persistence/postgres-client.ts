import { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { Client, type ClientConfig } from 'pg';
import { troubleOf } from './database-errors.js';

const CONNECT_LIMIT_MS = 5_000;

/**
 * How long PostgreSQL may take to answer. Statements are short by design (units of work never span a wait, sweeps
 * work in batches, lists in pages): after this time the statement or its answer is lost. Migrations, which may take
 * longer, have connections of their own.
 */
const ANSWER_LIMIT_MS = 10_000;
/** Time for the server to close an unresponsive connection before the socket is destroyed. */
const CLOSE_LIMIT_MS = 1_000;
/** A connection that is younger may lead to another server already. */
const YOUNG_MS = 1_000;

/**
 * A pg client that sends statements without waiting for earlier answers (pg's `pipeline`), those of one turn of the event
 * loop in one packet, and closes the connection when no answer arrives for 10 s: a network that drops packets silently
 * reports no error. Open statements then fail as with any lost connection.
 *
 * It also ends itself when an answer says that the connection is of no more use. When the server has become read-only,
 * the other connections to the same address lead to it as well: those of this process are replaced.
 */
export class PostgresClient extends Client {
  private static readonly logger = new Logger(PostgresClient.name);
  /** The open connections of this process. */
  private static readonly open = new Set<PostgresClient>();

  private readonly socket: Socket;
  private limit: NodeJS.Timeout | undefined;
  private openedAt = Infinity;

  constructor(config: ClientConfig = {}) {
    const socket = new Socket();
    super({
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      keepAlive: true,
      ...config,
      pipeline: true,
      stream: () => socket,
    });
    this.socket = socket;
    this.on('error', () => undefined); // open statements fail with it; without a listener the process would crash
    this.on('drain', () => this.answered());
    this.on('end', () => this.answered());
    this.connection.once('connect', () => {
      this.openedAt = performance.now();
      PostgresClient.open.add(this);
    });
    this.on('end', () => PostgresClient.open.delete(this));
    // Ends before the sender of the statement learns of the error, and releases the connection.
    this.connection.on('errorMessage', (error: unknown) => this.endAfter(error));
  }

  /** Signature of pg's own method. */
  override query(...given: unknown[]): never {
    this.answered();
    const limit = setTimeout(() => {
      // After a suspension of the process the timer fires before the answer is read.
      setImmediate(() => {
        if (this.limit === limit) void this.end();
      });
    }, ANSWER_LIMIT_MS);
    this.limit = limit;
    this.gather();
    return super.query(...(given as [string])) as never;
  }

  /** Signature of pg's own method. */
  override end(...given: unknown[]): never {
    const limit = setTimeout(() => this.socket.destroy(), CLOSE_LIMIT_MS);
    this.once('end', () => clearTimeout(limit));
    return super.end(...(given as [])) as never;
  }

  private endAfter(error: unknown): void {
    const trouble = troubleOf(error);
    if (trouble === 'lost' || trouble === 'read_only') void this.end();
    if (trouble === 'read_only') this.replaceOthers();
  }

  private replaceOthers(): void {
    const openedBefore = performance.now() - YOUNG_MS;
    const others = [...PostgresClient.open].filter(
      (other) => other !== this && other.openedAt < openedBefore && other.address === this.address,
    );
    if (others.length === 0) return;
    PostgresClient.logger.warn(
      { connections: others.length },
      'the database has become read-only; all connections to it are replaced',
    );
    for (const other of others) {
      // Statements that were sent are still answered.
      void other.end();
      // A pool removes a connection that reports an error.
      other.emit('error', new Error('Connection terminated: the server has become read-only'));
    }
  }

  private get address(): string {
    return `${this.host}:${this.port}/${this.database}`;
  }

  /** A packet for each statement would cost both sides a wake-up for each. */
  private gather(): void {
    if (this.socket.writableCorked > 0) return;
    this.socket.cork();
    process.nextTick(() => this.socket.uncork());
  }

  private answered(): void {
    clearTimeout(this.limit);
    this.limit = undefined;
  }
}
