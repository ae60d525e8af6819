import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { Usage } from './usage.ts';

const SHARED = join(import.meta.dirname, '../../dist/src/shared/infrastructure');
type EmbeddedPostgres =
  (typeof import('../../src/shared/infrastructure/embedded-postgres/embedded-postgres.ts'))['EmbeddedPostgres'];
type Started = Awaited<ReturnType<EmbeddedPostgres['start']>>;

/** What the product itself is built of, for what it does by itself only now and then. */
export async function built<Module>(file: string): Promise<Module> {
  return (await import(pathToFileURL(join(SHARED, file)).href)) as Module;
}

/** The embedded PostgreSQL of the product, with a database for each server that is started. */
export class Postgres implements AsyncDisposable {
  private readonly embedded: Started;
  readonly usage: Usage;
  private databases = 0;

  private constructor(embedded: Started, usage: Usage) {
    this.embedded = embedded;
    this.usage = usage;
  }

  static async start(folder: string): Promise<Postgres> {
    type Module = { EmbeddedPostgres: EmbeddedPostgres };
    const module = await built<Module>('embedded-postgres/embedded-postgres.js');
    const embedded = await module.EmbeddedPostgres.start(folder);
    await using admin = await Sql.connect(embedded.url);
    const { pid } = await admin.one<{ pid: number }>('select pg_backend_pid() as pid');
    return new Postgres(embedded, await new Usage(pid).parent());
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
