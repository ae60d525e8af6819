import { execFile } from 'node:child_process';
import { appendFile, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, type QueryResultRow } from 'pg';
import { PostgresServer } from '../../../src/shared/infrastructure/embedded-postgres/postgres-server.js';
import { eventually } from '../../support/eventually.js';

const execute = promisify(execFile);

/** A server of the pair, with a connection of the test. */
class Node {
  private constructor(
    private readonly server: PostgresServer,
    private readonly client: Client,
    readonly url: URL,
  ) {}

  static async start(server: PostgresServer): Promise<Node> {
    const url = new URL(server.url(await server.ensureRunning(), 'postgres'));
    const client = new Client({ connectionString: url.href });
    await client.connect();
    return new Node(server, client, url);
  }

  async rows<Row extends QueryResultRow>(sql: string): Promise<Row[]> {
    return (await this.client.query<Row>(sql)).rows;
  }

  async stop(): Promise<void> {
    await this.client.end();
    await this.server.stop();
  }
}

/** A PostgreSQL, and a standby that follows it. */
export class PostgresPair {
  private constructor(
    private readonly folder: string,
    readonly primary: Node,
    readonly standby: Node,
  ) {}

  static async start(): Promise<PostgresPair> {
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-pair-'));
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    const server = await PostgresServer.in(first);
    await mkdir(second);
    // Nothing runs in it yet, so that a copy is a backup.
    await execute('cp', ['-a', join(first, 'postgres'), join(second, 'postgres')]);
    const primary = await Node.start(server);
    await follow(join(second, 'postgres'), primary.url);
    return new PostgresPair(folder, primary, await Node.start(await PostgresServer.in(second)));
  }

  /** From here on the primary takes no writes; the standby has all those before. */
  async makePrimaryReadOnly(): Promise<void> {
    await this.primary.rows('alter system set default_transaction_read_only = on');
    await this.primary.rows('select pg_reload_conf()');
    await eventually(async () => {
      const [setting] = await this.primary.rows('show default_transaction_read_only');
      if (setting?.['default_transaction_read_only'] !== 'on') throw new Error('the primary takes writes');
    });
    const [{ lsn }] = (await this.primary.rows('select pg_current_wal_lsn() as lsn')) as [{ lsn: string }];
    await eventually(async () => {
      const [state] = await this.standby.rows(`select pg_last_wal_replay_lsn() >= '${lsn}' as is_even`);
      if (state?.['is_even'] !== true) throw new Error('the standby lags behind');
    });
  }

  async stop(): Promise<void> {
    await this.standby.stop();
    await this.primary.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Makes a copy a standby (PostgreSQL's manual, 26.2.4). */
async function follow(dataDir: string, primary: URL): Promise<void> {
  const connection = `host=127.0.0.1 port=${primary.port} user=${primary.username} password=${primary.password}`;
  await appendFile(join(dataDir, 'postgresql.auto.conf'), `primary_conninfo = '${connection}'\n`);
  const signal = join(dataDir, 'standby.signal');
  await writeFile(signal, '');
  const { uid, gid } = await stat(dataDir);
  await chown(signal, uid, gid);
}
