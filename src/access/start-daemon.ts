import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { logFileOf } from './daemon-files.js';
import { openPrivateLog } from './private-file.js';
import { type Setup, readSetup, stampOf } from './setup-file.js';

const DAEMON = join(import.meta.dirname, '../daemon-cli.js');
/** Where the new process says how its start went. */
export const STARTED_FD = 3;
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const LOG_LIMIT_BYTES = 10_000_000;

/** What a process that starts says. */
export interface Started {
  /** Why it does not serve. */
  readonly fault?: string;
}

/** The server of this user does not start. */
export class DaemonNotStarted extends Error {}

/**
 * Starts the daemon of the folder, and waits until it serves, or finds that another one does. Its parent is a shell that
 * has ended, since editors kill the bridge with all its descendants. Nothing of this environment is for it: that is full of
 * settings of the user's projects.
 * @throws DaemonNotStarted, NotPrivate
 */
export async function startDaemon(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const stamp = await stampOf(folder); // before what it stands for: a change in between is noticed
  const setup = await readSetup(folder);
  const log = await openLog(logFileOf(folder));
  const shell = spawn('/bin/sh', ['-c', '"$@" &', 'sh', process.execPath, DAEMON, '--setup', stamp], {
    cwd: folder,
    detached: true,
    env: environment(folder, setup),
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
  });
  try {
    await once(shell, 'spawn');
    const { fault } = await firstLine(shell.stdio[STARTED_FD] as Readable);
    if (fault !== undefined) throw new DaemonNotStarted(fault);
  } finally {
    await log.close();
  }
}

const environment = (folder: string, setup: Setup): NodeJS.ProcessEnv => ({
  PATH: SYSTEM_PATH,
  HOME: homedir(),
  ...setup,
  DATA_DIR: folder,
  HOST: '127.0.0.1',
  PORT: '0',
  AUTH_MODE: 'local_key',
  // Runs go on in the daemon that takes its place.
  SHUTDOWN_POLICY: 'handover',
});

/** The log goes on, with the one before beside it. */
async function openLog(path: string) {
  const log = await openPrivateLog(path);
  if ((await log.stat()).size <= LOG_LIMIT_BYTES) return log;
  await log.close();
  await rename(path, `${path}.1`);
  return openPrivateLog(path);
}

async function firstLine(stream: Readable): Promise<Started> {
  for await (const line of createInterface({ input: stream })) {
    stream.destroy();
    return JSON.parse(line) as Started;
  }
  return { fault: 'The process ended while it started; daemon.log beside its data says why' };
}
