import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keyFileOf, writeAddress } from './daemon-files.js';
import { findDaemon, findDaemons } from './find-daemon.js';
import { proofOf } from './handshake.js';
import { writePrivate } from './private-file.js';

const IDENTITY = { pid: 7, url: '', version: '1.0.0', setup: 'none', isEnding: false };

let folder: string;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'found-'));
  await writePrivate(keyFileOf(folder), 'the-key');
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await rm(folder, { recursive: true });
});

/** A daemon that has the key, or one that was stopped if it has none. @returns its socket */
async function listen(name: string, key?: string, mode = 0o700): Promise<string> {
  await mkdir(join(folder, name), { mode });
  const socket = join(folder, name, 's');
  const server = createServer((request, response) => {
    text(request).then(
      (nonce) => key && response.end(JSON.stringify({ ...IDENTITY, proof: proofOf(key, nonce, IDENTITY) })),
      () => response.destroy(),
    );
  }).listen(socket);
  servers.push(server);
  await once(server, 'listening');
  return socket;
}

it('all that have the key are found, without an address, in folders of this user alone', async () => {
  const sockets = [await listen('socket-aaaaaa', 'the-key'), await listen('socket-bbbbbb', 'the-key')];
  await listen('socket-cccccc', 'another-key');
  const open = await listen('socket-dddddd', 'the-key', 0o755);
  await mkdir(join(folder, 'socket-eeeeee'), { mode: 0o700 });
  await writeFile(join(folder, 'socket-ffffff'), '');
  const found = await findDaemons(folder);
  expect(found.map(({ socket }) => socket).toSorted()).toEqual(sockets);
  expect(await findDaemon(folder)).toBeUndefined();
  await writeAddress(folder, { ...IDENTITY, socket: open });
  expect(await findDaemon(folder)).toBeUndefined();
  await writeAddress(folder, { ...IDENTITY, socket: sockets[0]! });
  expect(await findDaemon(folder)).toMatchObject({ socket: sockets[0] });
});

it('none is found in a folder that is not there', async () => {
  expect(await findDaemons(join(folder, 'none'))).toEqual([]);
});

it('one that is stopped is none, after five seconds', async () => {
  const socket = await listen('socket-aaaaaa');
  await writeAddress(folder, { ...IDENTITY, socket });
  const limit = new AbortController();
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal);
  const finding = findDaemon(folder);
  await vi.waitFor(() => expect(timeout).toHaveBeenCalledWith(5_000));
  limit.abort();
  expect(await finding).toBeUndefined();
  timeout.mockRestore();
});
