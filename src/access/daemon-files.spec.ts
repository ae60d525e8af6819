import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAddress, writeAddress } from './daemon-files.js';

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
