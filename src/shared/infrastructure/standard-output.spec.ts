import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const MODULE = JSON.stringify(new URL('standard-output.ts', import.meta.url));
const program = (body: string) => [
  '--input-type=module',
  '-e',
  `import { standardOutput } from ${MODULE}; const output = standardOutput(); ${body}`,
];
const LIMIT_MS = 10_000;

it('writes what waits before the process exits', async () => {
  const lines = ['one\n', 'three\n', 'two\n'];
  const args = program(`for (const line of ${JSON.stringify(lines)}) output.write(line); process.exit();`);
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.split(/(?<=\n)/).toSorted()).toEqual(lines);
});

it.runIf(existsSync('/dev/full'))(
  'holds up neither the process nor its exit where the disk is full',
  async () => {
    const full = await open('/dev/full', 'w');
    const args = program(`output.write('one\\n'); output.once('error', () => process.exit(7));`);
    const stdio = ['ignore', full.fd, 'ignore'] as const;
    const child = spawn(process.execPath, args, {
      stdio: [...stdio],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    expect(await once(child, 'exit')).toEqual([7, null]);
    await full.close();
  },
);
