import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { Inspector } from './inspector.ts';
import { Usage } from './usage.ts';

const START_LIMIT_MS = 30_000;
/** The checkout that the benchmark is part of. */
export const OURS = join(import.meta.dirname, '../..');

/** One built process of the product: a server without a worker of its own, or a worker. */
export class Product implements AsyncDisposable {
  readonly usage: Usage;
  /** Its first line. */
  readonly greeting: string;
  private readonly process: ChildProcess;
  private readonly log: string;
  private readonly profiles: string | undefined;

  private constructor(process: ChildProcess, greeting: string, log: string, profiles: string | undefined) {
    this.process = process;
    this.usage = new Usage(process.pid!);
    this.greeting = greeting;
    this.log = log;
    this.profiles = profiles;
  }

  /**
   * @param checkout the folder whose `dist` it is started from
   * @param log the file it logs to, as it does by default: one line per request
   * @param profiles the folder for CPU profiles; undefined = none are wanted
   */
  static async start(
    program: 'server' | 'worker',
    checkout: string,
    env: Record<string, string>,
    log: string,
    profiles?: string,
  ): Promise<Product> {
    const output = openSync(log, 'a');
    const built = join(checkout, 'dist/src');
    const main = program === 'server' ? [join(built, 'main.js'), '--api-only'] : [join(built, 'worker.js')];
    // The inspector costs nothing while no client is connected to it.
    const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', ...main], {
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LOG_FORMAT: 'json', ...env },
    });
    closeSync(output);
    const greeting = await eventually(`${program}; see ${log}`, START_LIMIT_MS, async () => {
      const written = await readFile(log, 'utf8');
      if (child.exitCode !== null) throw new Error(`The ${program} did not start: ${written}`);
      return /"msg":"((?:agent-runtime|agents-worker): [^"]*)"/.exec(written)?.[1];
    });
    return new Product(child, greeting, log, profiles);
  }

  get url(): string {
    const url = /(?:Swagger UI|health and metrics) at (http:\/\/[^/,]+)/.exec(this.greeting)?.[1];
    if (!url) throw new Error(`no address in: ${this.greeting}`);
    return url;
  }

  get sessions(): string {
    return `${this.url}/v1/sessions`;
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  /** Its memory in use after a garbage collection, in KB. */
  async heldKb(): Promise<number> {
    using inspector = await this.look();
    return await inspector.heldKb();
  }

  /** Does the work; where profiles are wanted, with one of this process meanwhile. */
  async profiled<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (!this.profiles) return work();
    using inspector = await this.look();
    await inspector.startProfile();
    const result = await work();
    const profile = await inspector.stopProfile();
    await writeFile(join(this.profiles, `${name}.cpuprofile`), JSON.stringify(profile));
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
  }

  private async look(): Promise<Inspector> {
    const [, url] = /Debugger listening on (ws:\S+)/.exec(await readFile(this.log, 'utf8')) ?? [];
    if (!url) throw new Error('the process cannot be looked into');
    return Inspector.of(url);
  }
}
