import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { runCommand } from './run-command.ts';

const RUN_COMMAND = fileURLToPath(new URL('run-command.ts', import.meta.url));
/** Executes a command as the bridge does, and then does nothing more until it is killed. */
const EXECUTOR = `
  import { runCommand } from ${JSON.stringify(RUN_COMMAND)};
  const [folder, ...commands] = process.argv.slice(1);
  const { signal } = new AbortController();
  await Promise.all(commands.map((command) => runCommand(command, folder, 60_000, signal)));
  console.log('answered');
  setInterval(() => undefined, 60_000);
`;

let folder: string;
let executor: ChildProcess | undefined;

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'guarded-'))));
afterEach(async () => {
  executor?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const execute = (...commands: string[]): ChildProcess =>
  (executor = spawn(process.execPath, ['--input-type=module', '-e', EXECUTOR, folder, ...commands], {
    stdio: ['ignore', 'pipe', 'inherit'],
  }));
/** What has begun, as `NAME PID`. */
const begun = (count: number): Promise<string[]> =>
  eventually(async () => {
    const lines = (await readFile(join(folder, 'begun'), 'utf8')).trim().split('\n');
    return lines.length === count ? lines : Promise.reject(new Error('not all have begun'));
  });
const isAlive = (line: string): boolean => {
  try {
    return process.kill(Number(line.split(' ')[1]), 0);
  } catch {
    return false; // ESRCH
  }
};

it('commands end with the process that has started them, though that is killed', async () => {
  const child = execute(
    'echo itself $$ >> begun; exec sleep 60',
    '(sh -c "echo grandchild \\$\\$ >> begun; sleep 60; :") & echo parent $$ >> begun; wait',
    "trap '' TERM HUP INT; echo deaf $$ >> begun; sleep 60; sleep 60",
    'cat; echo reader $$ >> begun; sleep 60',
  );
  const lines = await begun(5);
  child.kill('SIGKILL');
  await eventually(() => expect(lines.filter(isAlive)).toEqual([]));
});

it('what a command has left in the background ends with that process, too, and not before', async () => {
  const child = execute('sleep 60 >/dev/null 2>&1 & echo background $! >> begun');
  await once(child.stdout!, 'data'); // it has answered
  const lines = await begun(1);
  expect(lines.filter(isAlive)).toEqual(lines);
  child.kill('SIGKILL');
  await eventually(() => expect(lines.filter(isAlive)).toEqual([]));
});

it('a command that waits for all its children does not wait for the guard', async () => {
  const { signal } = new AbortController();
  const waits = `exec perl -e 'while (wait() > 0) {} print "done"'`;
  expect(await runCommand(waits, folder, 10_000, signal)).toMatchObject({ exit_code: 0, stdout: 'done' });
});
