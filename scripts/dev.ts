/**
 * `npm run dev`: the server, restarted when a file in src, migrations or agents is saved.
 *
 * A saved file is translated alone, which takes milliseconds. Types are checked by a compiler in watch mode, which
 * prints errors; no restart waits for it. The embedded PostgreSQL keeps running between restarts because this process
 * uses it too. The build is in .dev, so a server that runs from dist keeps its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join, resolve } from 'node:path';
import { SOURCE_FOLDERS, TRANSLATION, isSource, translate, translateAll } from './translation.ts';

/** Files that are saved together, as by git checkout, cause one restart. */
const QUIET_MS = 50;
const TYPE_CHECK = ['--project', 'tsconfig.build.json', '--noEmit', '--watch', '--preserveWatchOutput'];

const env = {
  // A restart does not wait for runs; the next server continues them.
  SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '0',
  SHUTDOWN_POLICY: 'handover',
  NODE_COMPILE_CACHE: join(TRANSLATION, 'cache'),
  ...process.env,
};
const end = new AbortController();
const changed = new Set<string>();
let quiet: NodeJS.Timeout | undefined;
let restarting: Promise<void> | undefined;
let server: ChildProcess | undefined;

const start = (...args: string[]) =>
  spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });

const reportEnd = () => console.error('dev: the server has ended by itself; the next change starts it again');

function startServer(): void {
  server = start('--enable-source-maps', join(TRANSLATION, 'src/main.js')).once('exit', reportEnd);
}

async function stopServer(): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  server.off('exit', reportEnd);
  const exited = once(server, 'exit');
  server.kill();
  await exited;
}

/** At lower priority, so that the server starts first where processors are few. */
function watchTypes(): ChildProcess {
  const compiler = start('node_modules/typescript/bin/tsc', ...TYPE_CHECK);
  setPriority(compiler.pid!, constants.priority.PRIORITY_BELOW_NORMAL);
  return compiler;
}

/** Imports the translation of a file in src. */
const load = (file: string): Promise<unknown> => import(resolve(TRANSLATION, 'src', file));

/** Uses the embedded PostgreSQL as a server does; with DATABASE_URL there is none. */
async function joinDatabase() {
  type Settings = typeof import('../src/config/read-config.js');
  type Location = typeof import('../src/shared/infrastructure/persistence/database-location.js');
  const { readConfig } = (await load('config/read-config.js')) as Settings;
  const { DatabaseLocation } = (await load(
    'shared/infrastructure/persistence/database-location.js',
  )) as Location;
  return (await DatabaseLocation.open(readConfig())).embedded;
}

function noteChange(file: string): void {
  changed.add(file);
  clearTimeout(quiet);
  quiet = setTimeout(() => {
    restarting ??= restart().finally(() => (restarting = undefined));
  }, QUIET_MS);
}

/** A file with a syntax error leaves the running server as it is. Changes during a restart cause another one. */
async function restart(): Promise<void> {
  while (changed.size > 0 && !end.signal.aborted) {
    const files = [...changed];
    changed.clear();
    if (files.filter((file) => !translate(file)).length > 0) continue;
    console.log(`dev: restarting after a change of ${files.join(', ')}`);
    await stopServer();
    if (!end.signal.aborted) startServer();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort());
translateAll();
const database = await joinDatabase().catch((error: Error) => {
  console.error(error.message); // names the faulty settings
  process.exit(1);
});
startServer();
const compiler = watchTypes();
for (const folder of SOURCE_FOLDERS) {
  watch(folder, { recursive: true, signal: end.signal }, (_event, name) => {
    const file = join(folder, name ?? '');
    if (isSource(file)) noteChange(file);
  });
}
if (!end.signal.aborted) await once(end.signal, 'abort');
compiler.kill();
await restarting;
await stopServer();
await database?.stop();
