import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TestClient } from './client.js';
import { eventually } from './eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'dist/src/main.js');
/** What `npm run start:api` and `npm run start:worker` start. */
export const API_ONLY = [MAIN, '--api-only'];
export const WORKER = [join(ROOT, 'dist/src/worker.js')];
/** What `npm run keys` starts. */
export const KEYS = [join(ROOT, 'dist/src/keys-cli.js')];
/** What `npm run migration:run` starts. */
export const MIGRATIONS = [join(ROOT, 'dist/src/migrations-cli.js')];
const START_LIMIT_MS = 60_000;

/** The built server as a process of its own, as `npm start` runs it; or one of the two processes it consists of. */
export class ServerProcess {
  readonly lines: string[] = [];
  errors = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>,
  ) {}

  /** Starts it without waiting for anything. Of this process’s environment it gets only what finds programs and compiled code. */
  static spawn(env: Record<string, string>, command: readonly string[] = [MAIN]): ServerProcess {
    const child = spawn(process.execPath, command, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        LOG_FORMAT: 'json',
        PORT: '0',
        WORKER_PORT: '0',
        RATE_LIMIT_PER_MINUTE: '0',
        SSE_CONNECTIONS_PER_USER: '0',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as never);
    const server = new ServerProcess(child, exited);
    createInterface({ input: child.stdout }).on('line', (line) => server.lines.push(line));
    child.stderr.on('data', (data: Buffer) => (server.errors += data.toString()));
    return server;
  }

  /** Starts it and waits until it serves, or works. */
  static async start(env: Record<string, string>, command?: readonly string[]): Promise<ServerProcess> {
    const server = ServerProcess.spawn(env, command);
    try {
      await server.firstLine();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** @throws Error with what it wrote, when it ends or says nothing in time */
  async firstLine(): Promise<string> {
    return eventually(() => {
      const [line] = this.lines;
      if (!line) throw new Error(`the server did not start: ${this.errors}`);
      return line;
    }, START_LIMIT_MS);
  }

  get client(): TestClient {
    const url = /Swagger UI at (http:\/\/[^/]+)\/docs/.exec(this.lines[0] ?? '')?.[1];
    if (!url) throw new Error(`no address in: ${this.lines[0]}`);
    return new TestClient(url);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async stop(
    signal: NodeJS.Signals = 'SIGTERM',
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.exited;
  }
}

/** Starts what is built, with every package but one, as an install without development packages has it. */
export async function installWithout(name: string, folder: string): Promise<string[]> {
  await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await mkdir(join(folder, 'node_modules'));
  for (const entry of await readdir(join(ROOT, 'node_modules'))) {
    if (entry === name.split('/')[0]) continue;
    await symlink(join(ROOT, 'node_modules', entry), join(folder, 'node_modules', entry));
  }
  return [join(folder, 'dist/src/main.js')];
}
