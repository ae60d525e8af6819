import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STOP_TIMEOUT_MS = 30_000;
const LAST_LINES = 12;

/** What the server says of itself when it is ready. */
export interface Greeting {
  readonly url: string;
  readonly model: string;
  readonly database: string;
  readonly jobs: string;
}

/** The server as a process of its own, the way `npm start` runs it. Disposing of it stops it in order. */
export class Server {
  readonly greeting: Greeting;
  /** Rejects when the process ends before it is told to. */
  readonly died: Promise<never>;
  readonly #process: ChildProcess;
  readonly #dataDir: string;

  private constructor(process: ChildProcess, dataDir: string, greeting: Greeting, died: Promise<never>) {
    this.#process = process;
    this.#dataDir = dataDir;
    this.greeting = greeting;
    this.died = died;
  }

  /** Starts it on a free port, with its own database in `dataDir` and without a real model. */
  static async start(dataDir: string, signal: AbortSignal): Promise<Server> {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/src/main.js')], {
      // Ctrl-C in a terminal reaches the whole process group: in its own group, the server runs until the demo stops it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        OPENAI_API_KEY: undefined,
        OPENAI_BASE_URL: undefined,
        DATABASE_URL: undefined,
        REDIS_URL: undefined,
        METRICS_PORT: undefined,
        AUTH_MODE: undefined,
        MULTI_AGENT_MODE: undefined,
        HOST: '127.0.0.1',
        PORT: '0',
        DATA_DIR: dataDir,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'info',
      },
    });
    const lines: string[] = [];
    const ready = new Promise<Greeting>((greeted) => {
      const listen = (line: string) => {
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
        const greeting = parseGreeting(line);
        if (greeting) greeted(greeting);
      };
      createInterface({ input: child.stdout }).on('line', listen);
      createInterface({ input: child.stderr }).on('line', listen);
    });
    const died = once(child, 'exit').then(([code, name]: (number | string | null)[]) => {
      if (child.killed) return new Promise<never>(() => undefined); // it was told to
      throw new Error(`The server ended with ${code ?? name}. Its last words:\n${lines.join('\n')}`);
    });
    died.catch(() => undefined); // a rejection before the first await must not end the demo
    try {
      const greeting = await Promise.race([ready, died, aborted(signal)]);
      return new Server(child, dataDir, greeting, died);
    } catch (error) {
      // Told to stop while it makes its database, the server would leave that half done, and busy in our folder.
      const patience = aborted(AbortSignal.timeout(STOP_TIMEOUT_MS));
      await Promise.race([ready, died, patience]).catch(() => undefined);
      await stop(child, dataDir);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stop(this.#process, this.#dataDir);
  }
}

/** Rejects with the signal's reason. */
function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
  promise.catch(() => undefined); // a rejection before the first await must not end the demo
  return promise;
}

async function stop(child: ChildProcess, dataDir: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(force);
  }
  await stopDatabase(dataDir);
}

/** A server that was killed leaves its database running, for the next one; here there will be no next one. */
async function stopDatabase(dataDir: string): Promise<void> {
  const lock = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => undefined);
  if (lock) process.kill(Number(lock.split('\n')[0]), 'SIGQUIT');
}

function parseGreeting(line: string): Greeting | undefined {
  const [, url, model, database, jobs] =
    /agent-runtime: Swagger UI at (\S+)\/docs, model: (.+), database: (.+), jobs: ([^"]+)"/.exec(line) ?? [];
  return url && model && database && jobs ? { url, model, database, jobs } : undefined;
}
