import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rootsIn } from './place.js';

let cwd: string;
const folders = Array.from({ length: 20 }, (_, index) => `folder-${index}`);

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'place-'));
  for (const folder of folders) await mkdir(join(cwd, folder));
  await writeFile(join(cwd, 'file'), '');
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

it.each([
  ['that is not there', () => [join(cwd, 'missing')], 'missing is no folder on this machine'],
  ['that is a file', () => [cwd, join(cwd, 'file')], 'file is no folder on this machine'],
  ['that is relative', () => ['.'], '. is no folder on this machine'],
  ['beyond the twentieth', () => folders.map((folder) => join(cwd, folder)), 'too many'],
])('a further folder %s is refused by its field', async (_, further, reason) => {
  const refused = rootsIn({ cwd, additionalDirectories: further() });
  await expect(refused).rejects.toMatchObject({
    code: -32602,
    message: expect.stringMatching(`additionalDirectories.*${reason}`) as string,
  });
});

it('that counts once leaves room for others', async () => {
  const additionalDirectories = [cwd, ...folders.slice(1).map((folder) => join(cwd, folder))];
  expect((await rootsIn({ cwd, additionalDirectories })).all).toHaveLength(20);
});
