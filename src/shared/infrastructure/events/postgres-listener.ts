import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import type { Client } from 'pg';
import { exhaustMap, fromEvent, interval, takeUntil } from 'rxjs';
import { withRetries } from '../../application/retry.js';
import { Shutdown } from '../../application/shutdown.js';
import { DatabaseClock } from '../persistence/database-clock.js';
import { DatabaseLocation } from '../persistence/database-location.js';
import { PostgresClient } from '../persistence/postgres-client.js';
import { openSession } from '../persistence/session-settings.js';
import { WRITE_PROBE } from '../persistence/write-probe.js';
import { EventHub } from './event-hub.js';
import { EVENTS_CHANNEL } from './event-log.js';
import { InstanceId } from '../../application/instance-id.js';

const RECONNECT_MS = 250;
/** Interval of the probe: a connection that only listens does not notice that it is lost. */
export const PROBE_MS = 5_000;

/** Receives notifications of other processes (LISTEN), above all of new events, which make readers read the log. */
@Injectable()
export class PostgresListener implements OnApplicationBootstrap {
  private readonly logger = new Logger(PostgresListener.name);
  private stopped = false;
  private readonly handlers = new Map<string, (payload: string) => void>();
  private client: Client | undefined;

  constructor(
    private readonly location: DatabaseLocation,
    private readonly hub: EventHub,
    private readonly instance: InstanceId,
    private readonly clock: DatabaseClock,
    shutdown: Shutdown,
  ) {
    shutdown.register('close_database', () => this.close());
    this.on(EVENTS_CHANNEL, (payload) => this.onEvents(payload));
  }

  /** Listens to a channel from the start of the process. Notifications during an outage of the connection are lost. */
  on(channel: string, handler: (payload: string) => void): void {
    this.handlers.set(channel, handler);
  }

  /** Connects before the process serves requests. */
  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  private async connect(): Promise<void> {
    const client: Client = new PostgresClient({
      connectionString: this.location.url,
      application_name: 'agent-runtime events',
    });
    // pg reports a lost connection here, and also a failed `connect`, which rejects as well.
    client.on('error', (error) =>
      this.logger.warn({ err: error }, 'the connection for notifications is lost'),
    );
    await client.connect();
    try {
      await openSession(client);
      for (const channel of this.handlers.keys()) await client.query(`listen ${channel}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    client.on('notification', ({ channel, payload }) => this.handlers.get(channel)?.(payload ?? ''));
    client.once('end', () => void this.reconnect());
    interval(PROBE_MS)
      .pipe(
        exhaustMap(() => this.probe(client)),
        takeUntil(fromEvent(client, 'end')),
      )
      .subscribe();
    this.client = client;
    // Events stored during the outage are in the log.
    this.hub.wakeAll();
    this.clock.measureSoon();
  }

  /** PostgresClient closes a connection without an answer or to a read-only server; then a new one is opened. */
  private async probe(client: Client): Promise<void> {
    try {
      await client.query(WRITE_PROBE);
    } catch (error) {
      this.logger.warn({ err: error }, 'the connection for notifications is of no more use');
    }
  }

  private onEvents(payload: string): void {
    const [origin, ...sessionIds] = payload.split(' ');
    if (origin !== this.instance.value) this.hub.wake(sessionIds);
  }

  private async reconnect(): Promise<void> {
    await withRetries(
      {
        when: () => true,
        pauseMs: () => RECONNECT_MS,
        onRetry: (error) => this.logger.warn({ err: error }, 'no connection for notifications yet'),
      },
      async () => {
        if (!this.stopped) await this.connect();
      },
    );
  }

  private async close(): Promise<void> {
    this.stopped = true;
    await this.client?.end();
  }
}
