import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Client } from 'pg';
import { BehaviorSubject } from 'rxjs';
import { withRetries } from '../../application/retry.js';
import { DatabaseClock } from '../persistence/database-clock.js';
import { DatabaseLocation } from '../persistence/database-location.js';
import { PostgresClient } from '../persistence/postgres-client.js';
import { prepared } from '../persistence/prepared-statements.js';
import { openSession } from '../persistence/session-settings.js';
import { ThrottledWarning } from '../throttled-warning.js';

/** Also how long a connection lasts at least that was not lost at once. */
const RECONNECT_MS = 250;

/** A payload and its channel. */
export interface Notification {
  readonly channel: string;
  readonly payload: string;
}

/**
 * The connection that listens for notices and sends them. A transaction that only notifies writes nothing to the disk, and
 * so waits for no disk: PostgreSQL lets notifying transactions commit one after the other, and these are over at once.
 */
@Injectable()
export class NoticeConnection {
  private readonly trouble = new ThrottledWarning(new Logger(NoticeConnection.name));
  private readonly isOpen = new BehaviorSubject(false);
  private readonly handlers = new Map<string, (payload: string) => void>();
  private client: Client | undefined;
  /** Connections in a row that were lost at once, for example since the server takes no writes. */
  private lostAtOnce = 0;
  private isClosed = false;

  constructor(
    private readonly location: DatabaseLocation,
    private readonly clock: DatabaseClock,
  ) {}

  /** True with each new connection, which listens by then; false when it is lost. */
  readonly isOpen$ = this.isOpen.asObservable();

  /** Listens to a channel once it opens. Notifications are lost while the connection is. */
  listen(channel: string, handler: (payload: string) => void): void {
    this.handlers.set(channel, handler);
  }

  /** Opens a connection now, and another one whenever it is lost. @throws where it cannot be opened now */
  async open(): Promise<void> {
    const client: Client = new PostgresClient({
      connectionString: this.location.url,
      application_name: 'agent-runtime notices',
    });
    // pg reports a lost connection here, and also a failed `connect`, which rejects as well.
    client.on('error', (error) => this.trouble.warn(error, 'the connection for notices is lost'));
    client.on('notification', ({ channel, payload }) => this.handlers.get(channel)?.(payload ?? ''));
    await client.connect();
    try {
      const listens = [...this.handlers.keys()].map((channel) => `listen ${channel}`);
      // In one round trip: others go on meanwhile.
      await Promise.all([openSession(client), client.query(listens.join(';'))]);
    } catch (error) {
      await client.end();
      throw error;
    }
    // Closed meanwhile.
    if (this.isClosed) return client.end();
    const openedAt = performance.now();
    client.once('end', () => void this.afterLoss(performance.now() - openedAt));
    this.client = client;
    this.clock.measureSoon();
    this.isOpen.next(true);
  }

  /** @throws Error where the connection is lost */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (!this.client) throw new Error('there is no connection for notices');
    return (await this.client.query(prepared(sql, parameters))).rows as Row[];
  }

  /** @throws Error where they may not have been sent */
  async notify(notifications: readonly Notification[]): Promise<void> {
    await this.query(
      'select pg_notify(channel, payload) from unnest($1::text[], $2::text[]) as n (channel, payload)',
      [notifications.map(({ channel }) => channel), notifications.map(({ payload }) => payload)],
    );
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.client?.end();
  }

  private async afterLoss(openMs: number): Promise<void> {
    this.client = undefined;
    this.isOpen.next(false);
    this.lostAtOnce = openMs < RECONNECT_MS ? this.lostAtOnce + 1 : 0;
    // Not after the first one: readers wait for its replacement.
    if (this.lostAtOnce > 1) await pause(RECONNECT_MS);
    await withRetries(
      {
        when: () => true,
        pauseMs: () => RECONNECT_MS,
        onRetry: (error) => this.trouble.warn(error, 'no connection for notices yet'),
      },
      async () => {
        if (!this.isClosed) await this.open();
      },
    );
  }
}
