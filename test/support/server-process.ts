import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { TestClient } from './client.js';
import { eventually } from './eventually.js';

const MAIN = new URL('../../dist/src/main.js', import.meta.url).pathname;
const START_LIMIT_MS = 20_000;

/** The built server as a process of its own, as `npm start` runs it. */
export class ServerProcess {
  readonly lines: string[] = [];
  errors = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>,
  ) {}

  /** Starts it without waiting for anything. Of this process’s environment it gets only what finds programs. */
  static spawn(env: Record<string, string>): ServerProcess {
    const child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        LOG_FORMAT: 'json',
        PORT: '0',
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

  /** Starts it and waits until it serves. */
  static async start(env: Record<string, string>): Promise<ServerProcess> {
    const server = ServerProcess.spawn(env);
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
