import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { json } from 'node:stream/consumers';
import { VERSION } from '../shared/infrastructure/version.js';
import { keyFileOf, readAddress, socketIn, socketPrefixOf } from './daemon-files.js';
import { HELLO, type Hello, type Identity, isProven } from './handshake.js';
import { isOlder } from './is-older.js';
import { isPrivateSocket, readPrivate } from './private-file.js';
import { stampOf } from './setup-file.js';

/** A daemon that is busy answers within this time. */
const HELLO_LIMIT_MS = 5_000;

/** A daemon that has shown that it knows the key. */
export interface Daemon extends Identity {
  readonly socket: string;
  readonly key: string;
}

/**
 * The daemon of the folder. It is asked over its socket, which is in a folder of this user's alone, and has to show that it
 * knows the key: on the port of one that was killed any other user may listen.
 */
export async function findDaemon(folder: string): Promise<Daemon | undefined> {
  const address = await readAddress(folder);
  if (!address || !(await isPrivateSocket(address.socket))) return undefined;
  return meet(address.socket, folder);
}

/** All daemons of the folder, also those that its address file does not name, because it is damaged. */
export async function findDaemons(folder: string): Promise<Daemon[]> {
  const sockets = await socketsOf(folder);
  const met = await Promise.all(sockets.map((socket) => meet(socket, folder)));
  return met.filter((daemon) => daemon !== undefined);
}

/** The sockets of daemons of the folder, those of daemons that were killed among them. */
export async function socketsOf(folder: string): Promise<string[]> {
  const prefix = socketPrefixOf(folder);
  const [address, names] = await Promise.all([readAddress(folder), namesIn(dirname(prefix))]);
  const own = names.filter((name) => name.startsWith(basename(prefix)));
  const paths = new Set(own.map((name) => socketIn(join(dirname(prefix), name))));
  if (address) paths.add(address.socket);
  const isThere = await Promise.all([...paths].map(isPrivateSocket));
  return [...paths].filter((_, index) => isThere[index]);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // no process has made the folder yet
    return [];
  }
}

async function meet(socket: string, folder: string): Promise<Daemon | undefined> {
  const key = (await readPrivate(keyFileOf(folder)).catch(() => undefined))?.trim();
  if (!key) return undefined;
  const nonce = randomBytes(32).toString('hex');
  const hello = await greet(socket, nonce).catch(() => undefined);
  if (!hello || !isProven(key, nonce, hello)) return undefined;
  return { ...hello, socket, key };
}

function greet(socket: string, nonce: string): Promise<Hello> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: socket, path: HELLO, method: 'POST', signal: AbortSignal.timeout(HELLO_LIMIT_MS) },
      (response) => {
        (json(response) as Promise<Hello>).then(resolve, reject);
      },
    );
    asked.once('error', reject);
    asked.end(nonce);
  });
}

/**
 * Whether it can be used from here: it stays, has begun with what the setup file says now, and is not older. A newer one
 * is used as it is, else two editors with different versions would replace each other's daemon for ever.
 */
export const isFit = async (daemon: Daemon, folder: string): Promise<boolean> =>
  !daemon.isEnding && daemon.setup === (await stampOf(folder)) && !isOlder(daemon.version, VERSION);
