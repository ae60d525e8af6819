import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '@agent-runtime/client';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { finish, reads } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

const BIN = fileURLToPath(new URL('../../bin/agent-runtime.js', import.meta.url));
const SECRET = 'a-key-that-commands-must-not-see';
const DONE = finish('Done.');
const runs = (command: string) => ({ calls: [{ name: 'execute_command', args: { command } }] });
const WRITES = { calls: [{ name: 'write_file', args: { path: 'b.txt', content: 'new' } }] };

describe('agent-runtime hands', () => {
  let database: TestDatabase;
  let model: ScriptedModel;
  let server: ServerProcess;
  let env: Record<string, string>;
  let folder: string;
  let hands: ChildProcess | undefined;

  beforeAll(async () => {
    [database, model] = [await TestDatabase.create(), await ScriptedModel.start()];
    env = {
      DATABASE_URL: database.url,
      OPENAI_BASE_URL: model.url,
      PORT: String(await freePort()),
      RUN_LEASE_SECONDS: '2',
      MODEL_CALL_LIMIT: '5',
    };
    server = await ServerProcess.start(env);
  });
  afterAll(async () => {
    await server.stop();
    await model.stop();
    await database.drop();
  });
  beforeEach(async () => {
    model.reset();
    folder = await mkdtemp(join(tmpdir(), 'hands-'));
    await writeFile(join(folder, 'a.txt'), 'old');
  });
  afterEach(async () => {
    hands?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts the command without a terminal. */
  function start(...args: string[]) {
    const child = spawn(process.execPath, [BIN, 'hands', '--workspace', folder, ...args], {
      env: {
        PATH: process.env['PATH'],
        AGENT_RUNTIME_URL: `http://127.0.0.1:${env['PORT']}`,
        AGENT_RUNTIME_TOKEN: SECRET,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    hands = child;
    const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
      ([[code], stdout, stderr]) => ({ code: code as number | null, stdout, stderr }),
    );
    return { child, ended };
  }

  const task = (...args: string[]) => start('--agent', 'coder', '--task', 'Do it', ...args);
  const eventsIn = (stdout: string) =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RuntimeEvent);
  const modelRead = () => JSON.stringify(model.requests.at(-1)!.messages);

  it('does a task in a folder, and tells its events', async () => {
    await writeFile(join(folder, 'AGENTS.md'), 'Speak plainly.');
    model.script(reads(), WRITES, runs('echo "($AGENT_RUNTIME_TOKEN)" > env.txt'), DONE);
    const { code, stdout, stderr } = await task('--policy', 'yes', '--json').ended;
    expect([code, stderr]).toEqual([0, '']);
    const events = eventsIn(stdout);
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'completed' } });
    expect(await readFile(join(folder, 'b.txt'), 'utf8')).toBe('new');
    expect(modelRead()).toContain('Speak plainly.');
    expect(await readFile(join(folder, 'env.txt'), 'utf8')).toBe('()\n');
  });

  it.each([
    ['read-only', [false, false]],
    ['accept-edits', [true, false]],
  ])('without a terminal allows by %s no more than that', async (policy, [writes, executes]) => {
    model.script(WRITES, runs('touch c.txt'), DONE);
    const { code, stdout } = await task('--policy', policy).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/run completed/);
    expect([existsSync(join(folder, 'b.txt')), existsSync(join(folder, 'c.txt'))]).toEqual([
      writes,
      executes,
    ]);
    expect(modelRead()).toMatch(/No person is here to be asked|read.only/);
  });

  it('tells that the run has reached its limit of model calls', async () => {
    model.always(reads());
    const { code, stdout } = await task('--policy', 'yes').ended;
    expect([code, stdout]).toEqual([3, expect.stringContaining('The run has used up its 5 model calls')]);
  });

  it('cancels the run when what reads its events has gone', async () => {
    model.script(runs('sleep 60'));
    const { child, ended } = task('--policy', 'yes', '--json');
    const exited = once(child, 'exit');
    child.stdout.destroy();
    await expect(ended).rejects.toThrow('Premature close'); // of what the test reads
    expect(await exited).toEqual([130, null]);
  });

  it('cancels the run at the first signal, with the command that it executes', async () => {
    model.script(runs('touch begun; sleep 60; touch ended'));
    const { child, ended } = task('--policy', 'yes', '--json');
    await eventually(() => expect(existsSync(join(folder, 'begun'))).toBe(true));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(eventsIn(stdout).at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'cancelled' } });
  });

  it('leaves at the first signal while it waits for a server', async () => {
    const { child, ended } = task('--policy', 'yes', '--url', 'http://127.0.0.1:1');
    await once(child.stderr, 'data'); // it tries again
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringMatching(/Stopped\n$/)]);
  });

  it.each([
    ['is gone', (request: IncomingMessage) => request.destroy()],
    ['hangs', () => undefined],
  ])('leaves at the first signal before its run has begun, when the server %s', async (_, fail) => {
    const said = Promise.withResolvers<void>();
    const away = createServer((request, response) => {
      if (request.method === 'GET') return void response.end('{}');
      fail(request);
      said.resolve();
    }).listen(0, '127.0.0.1');
    await once(away, 'listening');
    const url = `http://127.0.0.1:${(away.address() as AddressInfo).port}`;
    const args = ['--session', 'a', '--task', 'Do it', '--policy', 'yes', '--url', url];
    const { child, ended } = start(...args);
    await said.promise;
    const since = performance.now();
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([130, expect.stringMatching(/Stopped\n$/)]);
    expect(performance.now() - since).toBeLessThan(10_000);
    away.close();
    away.closeAllConnections();
  });

  it('leaves at the first signal while it reads its task', async () => {
    const { child, ended } = start('--task', '-', '--policy', 'yes');
    await once(child.stdout, 'data'); // its session
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
  });

  it('notices nothing but a pause when the server is killed', async () => {
    model.script(runs('touch begun; while [ ! -e go ]; do sleep 0.1; done; echo gone'), WRITES, DONE);
    const { ended } = task('--policy', 'yes', '--json');
    await eventually(() => expect(existsSync(join(folder, 'begun'))).toBe(true));
    await server.stop('SIGKILL');
    await writeFile(join(folder, 'go'), '');
    server = await ServerProcess.start(env);
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const ids = eventsIn(stdout).map(({ id }) => Number(id));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(await readFile(join(folder, 'b.txt'), 'utf8')).toBe('new');
  });

  it('lends the folder to a session that another client drives, until it is stopped', async () => {
    const sessionId = await server.client.openSession({ agent: 'coder' });
    const { child, ended } = start('--session', sessionId);
    model.script(reads(), DONE);
    expect((await server.client.say(sessionId, 'Read it')).status).toBe(202);
    await eventually(async () => {
      const { body } = await server.client.get(`/v1/sessions/${sessionId}/runs`);
      expect(body.data).toMatchObject([{ status: 'completed' }]);
    });
    expect(modelRead()).toContain('old');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it('goes on with the other sessions when one is deleted, and ends with the last', async () => {
    const { client } = server;
    const [first, last] = [await client.openSession(), await client.openSession({ agent: 'coder' })] as const;
    const { child, ended } = start('--session', first, '--session', last);
    let told = '';
    for (const output of [child.stdout, child.stderr])
      output.on('data', (chunk: Buffer) => (told += chunk.toString()));
    await eventually(() => expect(told).toContain('the folder is lent'));
    await client.call('DELETE', `/v1/sessions/${first}`);
    await eventually(() => expect(told).toContain(`There is no session ${first}`));
    model.script(reads(), DONE);
    await client.say(last, 'Read it');
    await eventually(async () => {
      const { body } = await client.get(`/v1/sessions/${last}/runs`);
      expect(body.data).toMatchObject([{ status: 'completed' }]);
    });
    await client.call('DELETE', `/v1/sessions/${last}`);
    const { code, stderr } = await ended;
    expect([code, stderr.match(/There is no session/g)]).toMatchObject([1, { length: 2 }]);
  });

  it.each([
    [['--session', '01998000-0000-7000-8000-000000000000'], /404 session.not_found/],
    [['--agent', 'nobody'], /404 agent.not_found: There is no agent nobody/],
    [['--unheard-of'], /Unknown option/],
  ])('with %j says what is wrong', async (args, reason) => {
    const { code, stdout, stderr } = await start('--task', 'x', '--policy', 'yes', ...args).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(reason);
  });
});
