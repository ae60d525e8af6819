import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrivate, writePrivate } from './private-file.js';

/** What the address of a socket has room for on every system, in bytes, without the byte that ends it. */
const LONGEST_PATH = 103;

/** Where a daemon was reached last. It may be gone since: only its answer tells. */
export interface Address {
  /** A socket in a folder that is this user's alone. */
  readonly socket: string;
  readonly url: string;
  readonly pid: number;
  readonly version: string;
}

const addressFileOf = (folder: string) => join(folder, 'daemon.json');
/** The key of the local user: AUTH_MODE=local_key. */
export const keyFileOf = (folder: string): string => join(folder, 'local.key');

/** Opens the console in a browser; beside the socket. */
export const LOGIN_PAGE = 'console.html';

export const logFileOf = (folder: string): string => join(folder, 'daemon.log');

/**
 * What the folders of its sockets begin with, before six characters: beside the data, or, where that is too deep, where
 * temporary files are.
 */
export function socketPrefixOf(folder: string): string {
  const beside = join(folder, 'socket-');
  if (Buffer.byteLength(socketIn(`${beside}XXXXXX`)) <= LONGEST_PATH) return beside;
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return join(tmpdir(), `agent-runtime-${mark}-`);
}

export const socketIn = (ownFolder: string): string => join(ownFolder, 's');

/** @returns undefined where there is none that this user has written, or it names no socket */
export async function readAddress(folder: string): Promise<Address | undefined> {
  try {
    const text = await readPrivate(addressFileOf(folder));
    const address = text === undefined ? null : (JSON.parse(text) as Partial<Address> | null);
    return typeof address?.socket === 'string' ? (address as Address) : undefined;
  } catch {
    return undefined; // another one takes its place
  }
}

export const writeAddress = (folder: string, { socket, url, pid, version }: Address): Promise<void> =>
  writePrivate(addressFileOf(folder), `${JSON.stringify({ socket, url, pid, version })}\n`);
