/**
 * Builds the web console into console/dist, unless that was made of the same sources. Half a build is never served: it is
 * made in a folder of its own, as that of the server.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const VITE = 'node_modules/vite/bin/vite.js';
const DIST = 'console/dist';
const STAMP = '.made-of';
const SOURCES = [
  'console/{src,public}/**/*',
  'console/*.{json,ts,html}',
  'packages/client/src/**/*',
  'package-lock.json',
];
/** Within the folder of the page, since Vite finds its root there. */
const made = join('console', `.build-${process.pid}`);
const replaced = `${made}-replaced`;

const remove = (folder: string) => rmSync(folder, { recursive: true, force: true });

function hashOfSources(): string {
  const hash = createHash('sha256');
  for (const entry of globSync(SOURCES, { withFileTypes: true }).filter((file) => file.isFile())) {
    const path = join(entry.parentPath, entry.name);
    hash.update(path).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function hashOfBuilt(): string | undefined {
  try {
    return readFileSync(join(DIST, STAMP), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function build(): boolean {
  const args = [
    VITE,
    'build',
    'console',
    '--outDir',
    join(process.cwd(), made),
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status === 0;
}

const hash = hashOfSources();
if (hash !== hashOfBuilt()) {
  try {
    if (build()) {
      writeFileSync(join(made, STAMP), hash);
      remove(replaced);
      renameIfThere(DIST, replaced);
      renameSync(made, DIST);
    } else process.exitCode = 1;
  } finally {
    remove(made);
    remove(replaced);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
