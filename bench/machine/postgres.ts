import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { distributionOf } from '../distribution.ts';
import { slowDisk, withEnvironment } from './slow-disk.ts';
import { Usage } from './usage.ts';

const SHARED = join(import.meta.dirname, '../../dist/src/shared/infrastructure');
type EmbeddedPostgres =
  (typeof import('../../src/shared/infrastructure/embedded-postgres/embedded-postgres.ts'))['EmbeddedPostgres'];
type Started = Awaited<ReturnType<EmbeddedPostgres['start']>>;

/** What the product itself is built of, for what it does by itself only now and then. */
export async function built<Module>(file: string): Promise<Module> {
  return (await import(pathToFileURL(join(SHARED, file)).href)) as Module;
}

/** Of commits whose time is told. */
const PROBES = 50;

/** What commits wait for. */
export interface Disk {
  /** What each fsync takes longer than it does by itself; 0 = the disk of the machine. */
  readonly addedMs: number;
  /** The median, by themselves and with what was added. */
  readonly commitMs: { readonly without: number; readonly with: number };
}

/** The embedded PostgreSQL of the product, with a database for each server that is started. */
export class Postgres implements AsyncDisposable {
  private readonly embedded: Started;
  readonly usage: Usage;
  readonly disk: Disk;
  private databases = 0;

  private constructor(embedded: Started, usage: Usage, disk: Disk) {
    this.embedded = embedded;
    this.usage = usage;
    this.disk = disk;
  }

  /**
   * @param addedMs what each fsync takes longer; 0 = nothing
   * @throws Error where a commit takes less than that then
   */
  static async start(folder: string, addedMs: number): Promise<Postgres> {
    type Module = { EmbeddedPostgres: EmbeddedPostgres };
    // First of all: where it cannot be made, nothing has to be stopped.
    const variables = addedMs > 0 ? await slowDisk(addedMs, folder) : undefined;
    const { EmbeddedPostgres } = await built<Module>('embedded-postgres/embedded-postgres.js');
    let embedded = await EmbeddedPostgres.start(folder);
    const commits = await commitTimes(embedded.url);
    const commitMs = { without: distributionOf(commits).p50, with: distributionOf(commits).p50 };
    if (variables) {
      await embedded.stop();
      embedded = await withEnvironment(variables, () => EmbeddedPostgres.start(folder));
      const slowCommits = await commitTimes(embedded.url);
      commitMs.with = distributionOf(slowCommits).p50;
      if (Math.min(...slowCommits) < addedMs) {
        await embedded.stop();
        throw new Error(`--disk-ms: PostgreSQL commits in less than ${addedMs} ms`);
      }
    }
    await using admin = await Sql.connect(embedded.url);
    const { pid } = await admin.one<{ pid: number }>('select pg_backend_pid() as pid');
    return new Postgres(embedded, await new Usage(pid).parent(), { addedMs, commitMs });
  }

  /** A new, empty database; @returns its address */
  async createDatabase(): Promise<string> {
    const url = new URL(this.embedded.url);
    url.pathname = `/bench_${++this.databases}`;
    await using admin = await Sql.connect(this.embedded.url);
    await admin.rows(`create database ${url.pathname.slice(1)}`);
    return url.href;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.embedded.stop();
  }
}

/** Of commits that write next to nothing, in ms. */
async function commitTimes(url: string): Promise<number[]> {
  await using sql = await Sql.connect(url);
  const times: number[] = [];
  for (let probe = 0; probe < PROBES; probe++) {
    const begunAt = performance.now();
    await sql.rows(`select pg_logical_emit_message(true, 'bench', '')`);
    times.push(performance.now() - begunAt);
  }
  return times;
}

/** A connection beside those of the product. */
export class Sql implements AsyncDisposable {
  private readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async connect(url: string): Promise<Sql> {
    const client = new Client({ connectionString: url, application_name: 'bench' });
    client.on('error', () => undefined); // the next query on it fails with the error
    await client.connect();
    return new Sql(client);
  }

  async rows<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(sql, parameters)).rows;
  }

  async one<Row extends object>(sql: string, parameters: unknown[] = []): Promise<Row> {
    return (await this.rows<Row>(sql, parameters))[0]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.end();
  }
}
