import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endServer, isUp } from './child-server.js';
import { PATH } from './debian-programs.js';
import { freePort } from './free-port.js';

/** It refuses to run as root. */
const ACCOUNT = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];

/** A real pgbouncer in front of a database, with its default settings and those that are given. */
export class PgBouncer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** The address to use instead of the database's. */
    readonly url: string,
  ) {}

  static async start(database: string, settings: Readonly<Record<string, string>>): Promise<PgBouncer> {
    const target = new URL(database);
    const url = new URL(database);
    url.port = String(await freePort());
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-pgbouncer-'));
    await chmod(folder, 0o755);
    const users = join(folder, 'users.txt');
    await writeFile(users, `"${target.username}" "${decodeURIComponent(target.password)}"\n`);
    const config = join(folder, 'pgbouncer.ini');
    const all = {
      listen_addr: '127.0.0.1',
      listen_port: url.port,
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: users,
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    await writeFile(
      config,
      `[databases]\n* = host=${target.hostname} port=${target.port}\n[pgbouncer]\n${lines.join('\n')}\n`,
    );
    const child = spawn('pgbouncer', [...ACCOUNT, config], {
      env: { PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (data: Buffer) => (log += data.toString()));
    await once(child, 'spawn');
    const bouncer = new PgBouncer(child, folder, url.href);
    if (await isUp(child, Number(url.port))) return bouncer;
    await bouncer.stop();
    throw new Error(`pgbouncer has ended: ${log}`);
  }

  async stop(): Promise<void> {
    await endServer(this.child);
    await rm(this.folder, { recursive: true, force: true });
  }
}
