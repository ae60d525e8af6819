import { randomUUID } from 'node:crypto';
import { Client, Pool, type QueryResultRow } from 'pg';
import { inject } from 'vitest';
import { openUnlimitedSession } from '../../src/shared/infrastructure/persistence/session-settings.js';
import { expectDescribed } from './described-events.js';

export const TEMPLATE = 'agent_runtime_test_template';

/** Databases may have settings that hide what is in them. */
const SESSION = { onConnect: openUnlimitedSession };

/** A database of its own for one suite: a copy of the migrated template. */
export class TestDatabase {
  private constructor(
    readonly url: string,
    private readonly name: string,
    private readonly pool: Pool,
  ) {}

  static async create(): Promise<TestDatabase> {
    const name = `agent_runtime_test_${randomUUID().replaceAll('-', '')}`;
    await asAdmin((admin) => admin.query(`create database ${name} template ${TEMPLATE}`));
    const url = new URL(inject('postgresUrl'));
    url.pathname = `/${name}`;
    const pool = new Pool({
      connectionString: url.href,
      max: 4,
      ...SESSION,
    });
    // The forced end of the database may meet a connection that is about to end by itself.
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on('error', () => undefined);
    return new TestDatabase(url.href, name, pool);
  }

  /** A run, as the log of a session knows it, and the token that its pieces of answers need. */
  async letWrite(sessionId: string): Promise<{ runId: string; token: string }> {
    const writer = { runId: randomUUID(), token: randomUUID() };
    await this.rows(
      'update event_streams set writers = writers || jsonb_build_object($2::text, $3::text) where session_id = $1',
      [sessionId, writer.runId, writer.token],
    );
    return writer;
  }

  /** What a crash of PostgreSQL leaves behind that has not yet written the newest events to the disk. */
  async crash(sessionId: string, lastWritten: number): Promise<void> {
    for (const table of ['events', 'deltas']) {
      await this.rows(`delete from ${table} where session_id = $1 and seq > $2`, [sessionId, lastWritten]);
    }
    await this.rows('update event_streams set last_seq = $2 where session_id = $1', [sessionId, lastWritten]);
    await this.rows('truncate unbroken_streams');
  }

  /** What the database holds, read past the application. */
  async rows<Row extends QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, parameters)).rows;
  }

  /** Locks rows, as another process would that works on them; until the answer is called. */
  async lock(sql: string, parameters: unknown[]): Promise<() => Promise<void>> {
    const connection = await this.pool.connect();
    await connection.query('begin');
    await connection.query(sql, parameters);
    return async () => {
      await connection.query('commit');
      connection.release();
    };
  }

  /** Fails where an event that the suite leaves behind is not what the API says of it. */
  async drop(): Promise<void> {
    try {
      await this.expectDescribedEvents();
    } finally {
      await this.pool.end();
      await asAdmin((admin) => admin.query(`drop database ${this.name} with (force)`));
    }
  }

  private async expectDescribedEvents(): Promise<void> {
    for (const { session_id: sessionId } of await this.rows('select session_id from event_streams')) {
      const events = await this.rows<{ id: string; type: string; created_at: Date }>(
        `select seq::text as id, type, session_id, run_id, created_at, data
           from session_events where session_id = $1 order by seq`,
        [sessionId],
      );
      for (const event of events) {
        expectDescribed({ ...event, created_at: event.created_at.toISOString() });
      }
    }
  }
}

async function asAdmin(work: (admin: Client) => Promise<unknown>): Promise<void> {
  const admin = new Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
