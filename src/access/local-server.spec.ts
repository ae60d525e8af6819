import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LOCAL_URL, LocalServer } from './local-server.js';

it('a folder that cannot be used is refused, and not tried again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'local-server-'));
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'daemon.log'));
  for (const unusable of [join(folder, 'file'), folder]) {
    const response = await new LocalServer(unusable).fetch(`${LOCAL_URL}/v1/me`);
    expect(response.status).toBe(424);
    expect(await response.json()).toMatchObject({
      code: 'daemon.not_started',
      detail: expect.stringContaining(unusable),
    });
  }
  await rm(folder, { recursive: true });
});
