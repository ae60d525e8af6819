import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';

const COPIED = [
  'agents',
  'src',
  'migrations',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
/** Everything is compiled at the start, on a machine that may be busy. */
const START_LIMIT_MS = 90_000;

let checkout: string;
let dev: ChildProcess;
let output: string;

beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'agent-runtime-dev-'));
  for (const path of COPIED) await cp(path, join(checkout, path), { recursive: true });
  await symlink(resolve('node_modules'), join(checkout, 'node_modules'));
  dev = spawn('npm', ['run', 'dev'], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], LOG_FORMAT: 'json', PORT: '0' },
    // A process group of its own, as in a terminal.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  output = '';
  for (const stream of [dev.stdout!, dev.stderr!]) stream.on('data', (data: Buffer) => (output += data));
});
afterEach(async () => {
  await stop('SIGTERM');
  await rm(checkout, { recursive: true, force: true });
});

/** Signals the whole group, as Ctrl-C does. */
async function stop(signal: NodeJS.Signals): Promise<number | null> {
  if (dev.exitCode === null) {
    process.kill(-dev.pid!, signal);
    await once(dev, 'exit');
  }
  return dev.exitCode;
}

/** What a server says when it serves. */
const greeting = (beginning: string) =>
  eventually(() => {
    const line = output.split('\n').find((each) => each.includes(`"${beginning}: Swagger UI at `));
    if (line === undefined) throw new Error(`no server that says ${beginning}: ${output}`);
    const { pid, msg } = JSON.parse(line) as { pid: number; msg: string };
    return { pid, health: `${/http:\/\/[^/]+/.exec(msg)![0]}/health` };
  }, START_LIMIT_MS);

const postmaster = async () =>
  (await readFile(join(checkout, '.data/postgres/postmaster.pid'), 'utf8')).split('\n')[0];

it('npm run dev restarts the server on a change, keeps PostgreSQL running, and ends everything on Ctrl-C', async () => {
  const first = await greeting('agent-runtime');
  const database = await postmaster();
  const file = join(checkout, 'src/main.ts');
  const source = await readFile(file, 'utf8');

  await writeFile(file, `${source}\nconst broken = ;\n`);
  await eventually(() => expect(output).toContain('Expression expected'), START_LIMIT_MS);
  expect((await fetch(first.health)).status).toBe(200);

  await writeFile(file, source.replace('`agent-runtime: ', '`changed: '));
  const second = await greeting('changed');
  expect(second.pid).not.toBe(first.pid);
  expect((await fetch(second.health)).status).toBe(200);
  expect(await postmaster()).toBe(database);

  expect(await stop('SIGINT')).toBe(0);
  expect(() => process.kill(second.pid, 0)).toThrow('ESRCH');
  await expect(postmaster()).rejects.toThrow('ENOENT');
}, 240_000);
