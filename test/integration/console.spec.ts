import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainName, serveConsole } from '../../src/console.js';

describe('the console', () => {
  let folder: string;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-console-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>The page</title>');
    await writeFile(join(folder, 'icon.svg'), '<svg/>');
    await writeFile(join(folder, 'assets/index-1a2b.js'), 'export {}');
    const app = express();
    app.use(explainName);
    serveConsole(app as unknown as NestExpressApplication, folder);
    server = app.listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const get = (path: string, init: RequestInit = {}) => fetch(url + path, { redirect: 'manual', ...init });

  it.each(['/', '/console'])('is led to from %s', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.get('location')]).toEqual([302, '/console/']);
  });

  it.each(['/console/', '/console/sessions/1', '/console/plans/a.b'])(
    'answers %s with the page, for now',
    async (path) => {
      const response = await get(path);
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-cache']);
      expect(await response.text()).toContain('The page');
    },
  );

  it('keeps an asset for a year, and answers a missing one with 404', async () => {
    const { status, headers } = await get('/console/assets/index-1a2b.js');
    expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect((await get('/console/assets/index-0000.js')).status).toBe(404);
    expect((await get('/console/icon.svg')).headers.get('cache-control')).toBe('no-cache');
  });

  it('answers nothing but reading', async () => {
    expect((await get('/console/', { method: 'POST' })).status).toBe(404);
  });

  it('shows under a name that is not answered to which address to use', async () => {
    const answer = await new Promise<{ status: number | undefined; text: string }>((done, failed) => {
      request(`${url}/console/`, { headers: { host: 'evil.example' } }, (response) => {
        let text = '';
        response.on('data', (piece: Buffer) => (text += piece.toString()));
        response.on('end', () => done({ status: response.statusCode, text }));
      })
        .on('error', failed)
        .end();
    });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain(`href="${url}/console/"`);
    expect(answer.text).not.toContain('evil.example');
  });

  it('says how to build it where that was not done', async () => {
    await rm(join(folder, 'index.html'));
    const response = await get('/console/');
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build')]);
  });
});
