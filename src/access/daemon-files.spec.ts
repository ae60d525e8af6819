import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAddress, socketIn, socketPrefixOf, writeAddress } from './daemon-files.js';

const ADDRESS = { socket: '/run/a/s', url: 'http://127.0.0.1:4000', pid: 7, version: '1.0.0' };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daemon-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('an address is read as it was written', async () => {
  await writeAddress(folder, ADDRESS);
  expect(await readAddress(folder)).toEqual(ADDRESS);
});

it.each(['', 'garbage', 'null', '5', '{}', '[]', '{"socket":5}', '{"pid":7}'])(
  'a file with %j is the address of no daemon',
  async (text) => {
    await writeFile(join(folder, 'daemon.json'), text, { mode: 0o600 });
    expect(await readAddress(folder)).toBeUndefined();
  },
);

it('sockets are beside the data, or where temporary files are, by a name for each folder', () => {
  expect(socketIn(socketPrefixOf('/data'))).toBe('/data/socket-/s');
  const deep = ['a', 'b'].map((name) => socketPrefixOf(`/${name.repeat(90)}`));
  expect(new Set(deep).size).toBe(2);
  for (const prefix of deep) expect(prefix).toMatch(/agent-runtime-[0-9a-f]{8}-$/);
});
