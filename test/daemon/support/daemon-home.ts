import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Setup, writeSetup } from '../../../src/access/setup-file.js';
import { TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { ScriptedModel } from '../../support/scripted-model.js';

export const BIN = fileURLToPath(new URL('../../../bin/agent-runtime.js', import.meta.url));

/** A folder of a daemon, with the model and the database of the tests set up in it. */
export class DaemonHome {
  private constructor(
    readonly folder: string,
    readonly database: TestDatabase,
    readonly model: ScriptedModel,
  ) {}

  static async make(): Promise<DaemonHome> {
    const folder = await mkdtemp(join(tmpdir(), 'daemon-'));
    const home = new DaemonHome(folder, await TestDatabase.create(), await ScriptedModel.start());
    await home.setUp({});
    return home;
  }

  /** Other settings than before lead to another daemon. */
  async setUp(more: Setup): Promise<void> {
    await writeSetup(this.folder, {
      ...{ DATABASE_URL: this.database.url, OPENAI_BASE_URL: this.model.url, RUN_LEASE_SECONDS: '2' },
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
      ...more,
    });
  }

  /** What a client needs to find it, beside settings that are of no concern to the daemon. */
  get env(): Record<string, string> {
    return {
      DATA_DIR: this.folder,
      DATABASE_URL: 'postgres://nowhere.invalid/of-the-project',
      OPENAI_API_KEY: 'of-the-project',
      NODE_OPTIONS: '--title=of-the-project',
    };
  }

  async address(): Promise<{ pid: number; url: string; socket: string }> {
    return JSON.parse(await readFile(join(this.folder, 'daemon.json'), 'utf8')) as never;
  }

  key(): Promise<string> {
    return readFile(join(this.folder, 'local.key'), 'utf8').then((text) => text.trim());
  }

  log(): Promise<string> {
    return readFile(join(this.folder, 'daemon.log'), 'utf8');
  }

  /** @returns the processes that have become the daemon of this folder, by their order */
  async served(): Promise<number[]> {
    const lines = (await this.log()).split('\n').filter((line) => line.includes('serves at'));
    return lines.map((line) => (JSON.parse(line) as { pid: number }).pid);
  }

  /** Runs a command of the bin without a terminal. */
  run(
    args: readonly string[],
    { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
  ): Promise<{ code: unknown; out: string; errors: string }> {
    return new Promise((done) => {
      const child = execFile(
        process.execPath,
        [BIN, ...args],
        { env: { PATH: process.env['PATH'], HOME: this.folder, ...this.env, ...env } },
        (error, out, errors) => done({ code: error ? error.code : 0, out, errors }),
      );
      child.stdin!.end(input);
    });
  }

  async remove(): Promise<void> {
    for (const pid of await this.served().catch(() => [])) await end(pid);
    await this.model.stop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const isGone = (pid: number): Promise<void> =>
  eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 15_000);

/** Waits until a daemon has ended, if it has not by itself. */
async function end(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    return; // it has
  }
  await isGone(pid);
}
