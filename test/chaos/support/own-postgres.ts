import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool, type QueryResultRow } from 'pg';
import { PostgresServer } from '../../../src/shared/infrastructure/embedded-postgres/postgres-server.js';
import { eventually } from '../../support/eventually.js';

const DATABASE = 'postgres';

/** A PostgreSQL of one test alone, whose power can be cut. */
export class OwnPostgres {
  private constructor(
    private readonly folder: string,
    private readonly server: PostgresServer,
    readonly url: string,
    private readonly pool: Pool,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-power-'));
    const server = await PostgresServer.in(folder);
    const url = server.url(await server.ensureRunning(), DATABASE);
    const pool = new Pool({ connectionString: url, max: 2 });
    pool.on('error', () => undefined); // idle connections are cut with the power
    const postgres = new OwnPostgres(folder, server, url, pool);
    // Commits that do not wait for the disk stay in memory until a commit that does.
    await postgres.rows(`alter system set wal_writer_delay = '10s'`);
    await postgres.rows('select pg_reload_conf()');
    return postgres;
  }

  async rows<Row extends QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(sql, parameters)).rows;
  }

  /** Kills all its processes at one moment: what they hold in memory is lost. */
  async cutPower(): Promise<void> {
    const watcher = new Client({ connectionString: this.url });
    watcher.on('error', () => undefined); // its connection is cut as well
    await watcher.connect();
    const [postmaster] = (await readFile(join(this.folder, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    const { rows } = await watcher.query<{ pid: number }>('select pid from pg_stat_activity');
    for (const pid of [Number(postmaster), ...rows.map((row) => row.pid)]) kill(pid);
  }

  /** Starts it again on its data, at the same address. */
  async restart(): Promise<void> {
    // Processes that are killed are still there for a moment: it counts as running, or refuses to start.
    await eventually(async () => {
      await this.server.ensureRunning();
      await this.rows('select');
    });
  }

  async stop(): Promise<void> {
    await this.pool.end();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
