import { Logger } from '@nestjs/common';
import { Redis, RedisOptions } from 'ioredis';
import { ThrottledWarning } from '../throttled-warning.js';

const LONGEST_PAUSE_MS = 1_000;
/** Limit of connecting. */
const CONNECT_LIMIT_MS = 3_000;

/** Connections to one Redis. Each is replaced when it is lost, until all are closed. */
export class RedisConnections {
  private readonly trouble: ThrottledWarning;
  private readonly opened: Redis[] = [];
  private isClosed = false;

  /** @param message what the log says of trouble with them */
  constructor(
    private readonly url: string,
    logger: Logger,
    private readonly message: string,
  ) {
    this.trouble = new ThrottledWarning(logger);
  }

  open(options: RedisOptions): Redis {
    const connection = new Redis(this.url, {
      ...options,
      connectTimeout: CONNECT_LIMIT_MS,
      retryStrategy: (times) => (this.isClosed ? null : Math.min(times * 50, LONGEST_PAUSE_MS)),
    });
    connection.on('error', (error) => this.report(error));
    this.opened.push(connection);
    return connection;
  }

  /** For a connection whose commands fail at once while it is lost, and after `limitMs` without an answer. */
  openImpatient(limitMs: number): Redis {
    return this.open({
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      socketTimeout: limitMs,
    });
  }

  report(error: Error): void {
    if (!this.isClosed) this.trouble.warn(error, this.message);
  }

  close(): void {
    this.isClosed = true;
    for (const connection of this.opened) connection.disconnect();
  }
}
