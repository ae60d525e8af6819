/**
 * `npm run build`: `nest build` into a folder of its own, which takes the place of dist at the end. A server that runs
 * from dist, or another build at the same time, never sees half a build. Beside it the web console is built, where its
 * sources have changed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NEST = 'node_modules/@nestjs/cli/bin/nest.js';
const DIST = 'dist';
/** At the depth of dist, because source maps hold relative paths. */
const made = `.build-${process.pid}`;
const replaced = `${made}-replaced`;

const remove = (folder: string) => rmSync(folder, { recursive: true, force: true });

function build(): boolean {
  remove(made);
  mkdirSync(made);
  const settings = join(made, 'tsconfig.json');
  writeFileSync(settings, '{ "extends": "../tsconfig.build.json", "compilerOptions": { "outDir": "." } }');
  const { status } = spawnSync(process.execPath, [NEST, 'build', '--path', settings], { stdio: 'inherit' });
  rmSync(settings);
  return status === 0;
}

/** A folder can only be renamed onto an empty one, so the old build is moved away first. */
function replaceDist(): void {
  for (;;) {
    remove(replaced);
    attempt(() => renameSync(DIST, replaced), ['ENOENT']);
    // Another build may put its result there between the two renames.
    if (attempt(() => renameSync(made, DIST), ['ENOTEMPTY', 'EEXIST'])) return;
  }
}

/** @returns false where it fails with one of these codes */
function attempt(work: () => void, codes: readonly string[]): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

// Ctrl-C ends the compiler; this process goes on to clean up.
process.on('SIGINT', () => undefined);
const page = spawn(process.execPath, ['scripts/build-console.ts'], { stdio: 'inherit' });
const pageBuilt = once(page, 'exit');
try {
  if (build()) replaceDist();
  else process.exitCode = 1;
  const [status] = (await pageBuilt) as [number | null];
  if (status !== 0) process.exitCode = 1;
} finally {
  remove(made);
  remove(replaced);
}
