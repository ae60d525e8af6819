import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keyFileOf, writeAddress } from '../../src/access/daemon-files.js';
import { proofOf } from '../../src/access/handshake.js';
import { writePrivate } from '../../src/access/private-file.js';
import { replaceDaemon } from '../../src/daemon/replace-daemon.js';
import { Editor } from '../acp/support/editor.js';
import { eventually } from '../support/eventually.js';
import { finish, writes } from '../support/scenes.js';
import { ServerProcess } from '../support/server-process.js';
import { DaemonHome, isGone } from './support/daemon-home.js';

const LONG_MS = 60_000;
const DONE = finish('Done.');
/** What other users of the machine do not read. */
const KEPT = ['/v1/me', '/health', '/health/ready', '/metrics', '/docs', '/docs/openapi.json', '/DOCS/'];

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
const parentOf = (pid: number) =>
  Number(execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }));

/** Each test goes on with the daemon that the one before has left. */
describe('The daemon of a user', { timeout: LONG_MS }, () => {
  let home: DaemonHome;
  let cwd: string;

  beforeAll(async () => {
    home = await DaemonHome.make();
    cwd = await mkdtemp(join(tmpdir(), 'project-'));
  }, LONG_MS);
  afterAll(async () => {
    await home.remove();
    await rm(cwd, { recursive: true, force: true });
  }, LONG_MS);
  beforeEach(() => home.model.reset());

  const open = () => Editor.start('', {}, [], home.env);
  const list = async (editor: Editor) =>
    (await editor.agent.request('session/list', { cwd })).sessions.map(({ sessionId }) => sessionId);

  it('is started once by two bridges, and outlives them', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const [mine, yours] = await Promise.all([one.open(cwd), other.open(cwd)]);
    expect((await list(one)).toSorted()).toEqual([mine, yours].toSorted());
    const { pid } = await home.address();
    expect(await home.served()).toEqual([pid]);
    expect([process.pid, one.pid, other.pid]).not.toContain(parentOf(pid));
    for (const editor of [one, other]) {
      editor.signal('SIGKILL');
      await editor.exited;
    }
    const next = await open();
    expect(await list(next)).toHaveLength(2);
    expect(await home.address()).toMatchObject({ pid });
    await next.close();
  });

  it('keeps to itself what leads to it', async () => {
    const { socket } = await home.address();
    const names = ['daemon.json', 'local.key', 'daemon.log', 'settings.env'];
    const modes = await Promise.all(names.map((name) => modeOf(join(home.folder, name))));
    expect(modes).toEqual(['600', '600', '600', '600']);
    expect(await modeOf(dirname(socket))).toBe('700');
    const log = await home.log();
    expect(log).not.toContain(await home.key());
  });

  it.runIf(existsSync('/proc'))('has nothing of the environment of a bridge', async () => {
    const { pid } = await home.address();
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    expect(environment).toContain(`DATABASE_URL=${home.database.url}`);
    expect(environment).not.toContain('of-the-project');
    expect(execFileSync('readlink', [`/proc/${pid}/cwd`], { encoding: 'utf8' }).trim()).toBe(home.folder);
  });

  it('signs a page in by a token that counts once', async () => {
    const { url } = await home.address();
    const bin = join(home.folder, 'bin');
    await mkdir(bin);
    for (const name of ['open', 'xdg-open']) {
      await writeFile(join(bin, name), `#!/bin/sh\ncp "$1" '${bin}/opened'\n`, { mode: 0o755 });
    }
    const { code, out } = await home.run(['console'], { env: { PATH: `${bin}:${process.env['PATH']}` } });
    expect(code).toBe(0);
    const [address] = out.split('\n') as [string];
    expect(address.startsWith(`${url}/console/#login=`)).toBe(true);
    await eventually(async () => expect(await readFile(join(bin, 'opened'), 'utf8')).toContain(address));

    const token = address.split('=')[1];
    const redeem = (body: object) =>
      fetch(`${url}/console/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const { key } = (await (await redeem({ token })).json()) as { key: string };
    const me = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    expect(await me.json()).toMatchObject({ user: 'local' });
    expect(key).not.toBe(await home.key());
    for (const body of [{ token }, { token: key }, {}]) expect((await redeem(body)).status).toBe(401);
    await rm(bin, { recursive: true });
  });

  it('keeps a server away from its data, and says where it is', async () => {
    const { url, pid } = await home.address();
    const server = ServerProcess.spawn({ DATA_DIR: home.folder });
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toContain(`serves it at ${url} (process ${pid})`);
    expect(existsSync(join(home.folder, 'postgres'))).toBe(false);
  });

  it('answers its port to the key alone, as the local user', async () => {
    const { url } = await home.address();
    const headers = { authorization: `Bearer ${await home.key()}` };
    for (const path of KEPT) {
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 401]);
      expect([path, (await fetch(`${url}${path}`, { headers })).status]).toEqual([path, 200]);
    }
    expect(await (await fetch(`${url}/v1/me`, { headers })).json()).toMatchObject({ user: 'local' });
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'ok' });
    for (const path of ['/', '/console/']) expect((await fetch(`${url}${path}`)).status).toBe(200);
    for (const path of ['hello', 'login']) {
      expect((await fetch(`${url}/daemon/${path}`, { method: 'POST', headers })).status).toBe(404);
    }
  });

  it('that is told to end while a bridge asks is followed by another one', async () => {
    home.model.script(writes(), DONE);
    const editor = await open();
    const sessionId = await editor.open(cwd);
    const { pid } = await home.address();
    process.kill(pid, 'SIGTERM');
    expect(await editor.prompt(sessionId, 'Write')).toBe('end_turn');
    expect(await readFile(join(cwd, 'greet.js'), 'utf8')).toBe('hello');
    expect((await home.address()).pid).not.toBe(pid);
    await isGone(pid);
    await editor.close();
  });

  it('that is killed is followed by another one, and who takes its place learns nothing', async () => {
    const address = await home.address();
    const { pid, url, socket } = address;
    process.kill(pid, 'SIGKILL');
    await isGone(pid);
    let connections = 0;
    const onPort = createTcpServer((connection) => {
      connections++;
      connection.destroy();
    }).listen(Number(new URL(url).port), '127.0.0.1');
    await once(onPort, 'listening');
    await rm(socket, { force: true });
    const seen: IncomingMessage[] = [];
    const onSocket = createServer((request, response) => {
      seen.push(request);
      response.end(JSON.stringify({ ...address, isEnding: false, proof: 'a'.repeat(64) }));
    }).listen(socket);
    await once(onSocket, 'listening');
    const editor = await open();
    expect(await list(editor)).toHaveLength(3);
    expect((await home.address()).pid).not.toBe(pid);
    expect(connections).toBe(0);
    expect(seen.length).toBeGreaterThan(0);
    for (const { url: path, headers } of seen) {
      expect([path, headers.authorization]).toEqual(['/daemon/hello', undefined]);
    }
    expect(existsSync(dirname(socket))).toBe(false);
    onPort.close();
    onSocket.close();
    await editor.close();
  });

  it('is found by its socket where its address is damaged, which is repaired', async () => {
    const address = await home.address();
    await writeFile(join(home.folder, 'daemon.json'), '{"socket":');
    const server = ServerProcess.spawn({ DATA_DIR: home.folder });
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toContain(`serves it at ${address.url} (process ${address.pid})`);
    const { out } = await home.run(['console'], { env: { PATH: '' } });
    expect(out).toContain(`${address.url}/console/#login=`);
    expect(await home.address()).toEqual(address);
    expect((await home.served()).at(-1)).toBe(address.pid);
  });

  it('of an older version may end while another one starts in its place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'older-'));
    const [key, gone] = ['a-key', spawnSync('true').pid];
    const identity = { pid: gone, url: '', version: '0.0.1', setup: 'none', isEnding: false };
    const older = createServer((request, response) => {
      text(request).then(
        (nonce) => response.end(JSON.stringify({ ...identity, proof: proofOf(key, nonce, identity) })),
        () => response.destroy(),
      );
    }).listen(join(folder, 's'));
    await once(older, 'listening');
    await writePrivate(keyFileOf(folder), key);
    await writeAddress(folder, { ...identity, socket: join(folder, 's') });
    expect(await replaceDaemon(folder, home.database.url, async () => 'the new one')).toBe('the new one');
    older.close();
    await rm(folder, { recursive: true });
  });

  it('with other settings takes the place of the one before, and ends when it has nothing to do', async () => {
    const before = await home.address();
    await home.setUp({ DAEMON_IDLE_SECONDS: '1' });
    home.model.script(writes());
    const editor = await open();
    const sessionId = await editor.open(cwd);
    await isGone(before.pid);
    editor.choose = () => new Promise(() => undefined);
    editor.prompt(sessionId, 'Write').catch(() => 'lost');
    await editor.asked(); // a run that waits is no work
    const { pid, socket } = await home.address();
    editor.signal('SIGKILL');
    await isGone(pid);
    expect(existsSync(dirname(socket))).toBe(false);

    const next = await open();
    await next.load(sessionId, cwd);
    expect(next.text).toContain('A run waits for your decision: ');
    await next.close();
    await isGone((await home.address()).pid);
    const left = ['daemon.json', 'daemon.log', 'local.key', 'settings.env'];
    expect((await readdir(home.folder)).toSorted()).toEqual(left);
  });
});
