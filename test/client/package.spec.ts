import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Outcome, RuntimeEvent } from '@agent-runtime/client';
import { build as esbuild } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build as vite } from 'vite';
import { type Story, StoryModel, taskOf } from '../chaos/support/story-model.js';
import { faultsOfReading, faultsOfTelling } from '../chaos/support/told-run.js';
import { Transcript } from '../chaos/support/transcript.js';
import type { SentEvent } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { findNode20 } from './support/node-20.js';

const run = promisify(execFile);

const NAME = '@agent-runtime/client';
const PACKAGE = resolve('packages/client');
const TELL = resolve('test/client/support/tell.mjs');
const MAX_GZIP = 7_000;
const KILL_MS = 60_000;

const NODE_20 = findNode20();
/** Without a Node 20 that part is left out, as tests are that lack a program; in CI that is a failure. */
const nodes: [string, string | undefined][] = [
  ['the pinned Node', process.execPath],
  ...(NODE_20 === undefined && !process.env['CI']
    ? []
    : ([['Node 20', NODE_20]] as [string, string | undefined][])),
];

describe('the package of the client library', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'client-package-'));
    const offline = ['--offline', '--no-audit', '--no-fund'];
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder, ...offline], {
      cwd: PACKAGE,
    });
    const [, filename] = /"filename": "([^"]+)"/.exec(stdout)!;
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await run('npm', ['install', ...offline, join(folder, filename!)], { cwd: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('brings nothing along', async () => {
    const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: folder });
    expect(stdout.trim().split('\n')).toEqual([folder, join(folder, 'node_modules', NAME)]);
  });

  it('has what its package.json names, and its licence', async () => {
    const installed = join(folder, 'node_modules', NAME);
    const { exports: doors } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      exports: Record<string, Record<string, string>>;
    };
    const files = [...Object.values(doors).flatMap((door) => Object.values(door)), 'LICENSE', 'README.md'];
    for (const file of files) expect((await stat(join(installed, file))).size, file).toBeGreaterThan(0);
  });

  it.each(nodes)('is imported and required by %s', async (_, node) => {
    const say = (expression: string) => `console.log(typeof (${expression}).AgentRuntime)`;
    const esm = await run(node!, ['--input-type=module', '-e', say(`await import('${NAME}')`)], {
      cwd: folder,
    });
    const cjs = await run(node!, ['--input-type=commonjs', '-e', say(`require('${NAME}')`)], { cwd: folder });
    expect([esm.stdout, cjs.stdout]).toEqual(['function\n', 'function\n']);
  });

  describe('in a bundle', () => {
    const ENTRY = `import { AgentRuntime, Transcript, Problem } from '${NAME}';
      console.log(...[AgentRuntime, Transcript, Problem].map((part) => typeof part));`;
    const works = async (file: string) =>
      expect((await run(process.execPath, [file])).stdout).toBe('function function function\n');

    beforeAll(() => writeFile(join(folder, 'entry.mjs'), ENTRY));

    it('of esbuild, for the extension host of VS Code', async () => {
      const outfile = join(folder, 'esbuild.cjs');
      await esbuild({
        entryPoints: [join(folder, 'entry.mjs')],
        outfile,
        bundle: true,
        format: 'cjs',
        platform: 'node',
      });
      await works(outfile);
    });

    it(`of Vite, for a page, in at most ${MAX_GZIP} bytes by gzip`, async () => {
      const rolldownOptions = { input: join(folder, 'entry.mjs'), output: { entryFileNames: 'page.js' } };
      await vite({ root: folder, logLevel: 'silent', build: { rolldownOptions, modulePreload: false } });
      const file = join(folder, 'dist/page.js');
      await works(file);
      expect(gzipSync(await readFile(file), { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIP);
    });
  });

  it('tells a story on every Node, over a kill -9 of the server', { timeout: KILL_MS }, async () => {
    const database = await TestDatabase.create();
    const model = await StoryModel.start();
    const env = {
      ...{ DATABASE_URL: database.url, OPENAI_BASE_URL: model.url, RUN_LEASE_SECONDS: '3' },
      PORT: String(await freePort()),
    };
    let server = await ServerProcess.start(env);
    let restarting: Promise<void> | undefined;
    const restart = async () => {
      await server.stop('SIGKILL');
      server = await ServerProcess.start(env);
    };
    try {
      const told = await Promise.all(
        nodes.map(async ([, node], index) => {
          const story: Story = { number: index + 1, kind: 'plan', words: 40 };
          const plugin = new Plugin(node!, [server.client.url, taskOf(story)], folder);
          await plugin.ended(({ type }) => {
            if (type === 'tool_call.requested') restarting ??= restart();
          });
          return { story, plugin };
        }),
      );
      await restarting;
      expect(restarting).toBeDefined();
      for (const { story, plugin } of told) {
        expect(plugin.outcome?.status, plugin.errors).toBe('completed');
        expect(new Set(plugin.executed).size).toBe(plugin.executed.length);
        expect(await faultsOfTelling(database, plugin.sessionId, story)).toEqual([]);
        expect(await faultsOfReading(database, plugin.sessionId, plugin.seen)).toEqual([]);
      }
    } finally {
      await server.stop('SIGKILL');
      await model.stop();
      await database.drop();
    }
  });
});

/** `tell.mjs` as a process, and what it has printed. */
class Plugin {
  readonly seen = new Transcript();
  readonly executed: string[] = [];
  errors = '';
  sessionId = '';
  outcome: Outcome | undefined;
  readonly #child;

  constructor(node: string, args: readonly string[], folder: string) {
    this.#child = spawn(node, [TELL, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (data: Buffer) => (this.errors += data.toString()));
  }

  async ended(onEvent: (event: RuntimeEvent) => void): Promise<void> {
    for await (const line of createInterface({ input: this.#child.stdout })) {
      const { event, executed, session, outcome } = JSON.parse(line) as {
        event?: RuntimeEvent;
        executed?: string;
        session?: string;
        outcome?: Outcome;
      };
      if (event) {
        this.seen.add(event as SentEvent);
        onEvent(event);
      }
      if (executed) this.executed.push(executed);
      if (session) this.sessionId = session;
      if (outcome) this.outcome = outcome;
    }
  }
}
