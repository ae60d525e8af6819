import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Client } from 'pg';
import { Shutdown } from '../../application/shutdown.js';
import { DatabaseLocation } from '../persistence/database-location.js';
import { EventHub } from './event-hub.js';
import { EVENTS_CHANNEL } from './event-log.js';
import { InstanceId } from './instance-id.js';

const RECONNECT_MS = 250;

/** Hears what other processes have stored (LISTEN), and sends the readers of this one to the log. */
@Injectable()
export class PostgresListener implements OnApplicationBootstrap {
  private readonly logger = new Logger(PostgresListener.name);
  private readonly stop = new AbortController();
  private client: Client | undefined;

  constructor(
    private readonly location: DatabaseLocation,
    private readonly hub: EventHub,
    private readonly instance: InstanceId,
    shutdown: Shutdown,
  ) {
    shutdown.register('close_database', () => this.close());
  }

  /** The process does not serve before it hears the others. */
  async onApplicationBootstrap(): Promise<void> {
    await this.connect();
  }

  private async connect(): Promise<void> {
    const client = new Client({
      connectionString: this.location.url,
      application_name: 'agent-runtime events',
      keepAlive: true,
    });
    // pg reports a lost connection here, and also a failed `connect`, which rejects as well.
    client.on('error', (error) =>
      this.logger.warn({ err: error }, 'the connection for notifications is lost'),
    );
    await client.connect();
    try {
      await client.query(`listen ${EVENTS_CHANNEL}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    client.on('notification', ({ payload }) => this.onNotice(payload ?? ''));
    client.once('end', () => void this.reconnect());
    this.client = client;
    // Whatever was notified while nobody listened is in the log.
    this.hub.wakeAll();
  }

  private onNotice(payload: string): void {
    const [origin, ...sessionIds] = payload.split(' ');
    if (origin !== this.instance.value) this.hub.wake(sessionIds);
  }

  private async reconnect(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        await pause(RECONNECT_MS, undefined, { signal: this.stop.signal });
        return await this.connect();
      } catch (error) {
        if (!this.stop.signal.aborted)
          this.logger.warn({ err: error }, 'no connection for notifications yet');
      }
    }
  }

  private async close(): Promise<void> {
    this.stop.abort();
    await this.client?.end();
  }
}
