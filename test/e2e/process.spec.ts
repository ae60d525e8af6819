import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, deltasOf, isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess, installWithout } from '../support/server-process.js';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** @param title what a process calls itself; unset = any */
const childrenOf = (pid: number, title = ''): number[] =>
  execFileSync('pgrep', ['-P', String(pid), '-f', title], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map(Number);

describe('the server on its embedded PostgreSQL', () => {
  let dataDir: string;
  let started: ServerProcess[];

  beforeEach(async () => {
    dataDir = join(await mkdtemp(join(tmpdir(), 'agent-runtime-e2e-')), 'data');
    started = [];
  });
  afterEach(async () => {
    for (const server of started) await server.stop('SIGTERM');
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (env: Record<string, string> = {}) => {
    const server = await ServerProcess.start({ DATA_DIR: dataDir, ...env });
    started.push(server);
    return server;
  };
  /** PostgreSQL removes its pid file last of all. (Its process may be seen a while longer, until the system notes its end.) */
  const expectStopped = () =>
    expect(readFile(join(dataDir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
  const postgresPid = async () =>
    Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

  it('says where it is and what it uses, answers, and leaves nothing running', async () => {
    const server = await start();
    expect(server.lines[0]).toMatch(/Swagger UI at http:\/\/127\.0\.0\.1:\d+\/docs/);
    expect(server.lines[0]).toMatch(/offline demo model/);
    expect(server.lines[0]).toMatch(/embedded PostgreSQL in/);
    const { client } = server;
    expect((await client.get('/health')).body).toMatchObject({ status: 'ok' });
    const { headers, body } = await client.get('/docs');
    expect([headers.get('content-type'), String(body)]).toEqual([
      expect.stringContaining('text/html'),
      expect.stringContaining('swagger-ui'),
    ]);
    const sessionId = await client.openSession();
    const events = await client.ask(sessionId, 'Explain what a lease is');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await expectStopped();
  });

  it('leaves no PostgreSQL behind when it cannot start, and says why', async () => {
    const first = await start();
    const taken = new URL(first.client.url).port;
    const other = `${dataDir}-other`;
    const second = ServerProcess.spawn({ DATA_DIR: other, PORT: taken });
    expect((await second.exited).code).toBe(1);
    expect(second.errors.trim()).toBe(
      `Cannot start: port ${taken} is taken by another process; look at PORT, METRICS_PORT and WORKER_PORT`,
    );
    await expect(readFile(join(other, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
    await rm(other, { recursive: true, force: true });
  });

  it('refuses to start without a model where the offline one is not installed, and says what to set', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'agent-runtime-install-'));
    try {
      const server = ServerProcess.spawn(
        { DATA_DIR: dataDir },
        await installWithout('@copilotkit/aimock', folder),
      );
      expect((await server.exited).code).toBe(1);
      expect(server.errors).toContain('  OPENAI_API_KEY or OPENAI_BASE_URL must be set');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('refuses to start with approval rules that are wrong, names each fault, and leaves nothing running', async () => {
    const policy = `${dataDir}-policy.json`;
    await writeFile(policy, '{"rules":[{"tool":"wrte_file","action":"maybe","reason":"r"}]}');
    const server = ServerProcess.spawn({ DATA_DIR: dataDir, APPROVAL_POLICY_FILE: policy });
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toContain(`Cannot start, these settings are wrong:\n  ${policy}: rules.0.action: `);
    await expectStopped();
    await rm(policy);
  });

  it('refuses to start with a file of models that is wrong, and names each fault', async () => {
    const models = `${dataDir}-models.json`;
    await writeFile(
      models,
      JSON.stringify({
        providers: [{ id: 'p', api: 'chat', api_key_env: 'NOT_SET' }],
        models: [{ id: 'm', provider: 'q', limit: { context: 0 } }],
        default: 'm',
      }),
    );
    const server = ServerProcess.spawn({ DATA_DIR: dataDir, MODELS_FILE: models });
    expect((await server.exited).code).toBe(1);
    expect(server.errors).toContain(
      `Cannot start, these settings are wrong:\n  ${models}: models.0.limit.context: `,
    );
    expect(server.errors).toContain(
      `${models}: providers.0.api_key_env: the environment variable NOT_SET is not set`,
    );
    expect(server.errors).toContain(`${models}: models.0.provider: there is no provider q; there are p`);
    await expectStopped();
    await rm(models);
  });

  it('heeds a signal that comes while it starts, when it has started', async () => {
    const server = ServerProcess.spawn({ DATA_DIR: dataDir });
    await eventually(async () => expect(await readdir(dataDir)).not.toEqual([]));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(await readdir(dataDir)).toEqual(['postgres']);
    await expectStopped();
  });

  it('serves its metrics elsewhere where that is asked for', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const { client } = await start({ METRICS_PORT: String(port) });
    expect((await client.get('/metrics')).status).toBe(404);
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('version=0.0.4');
    expect(await metrics.text()).toContain('sse_transaction_commits_total');
    expect((await fetch(`http://127.0.0.1:${port}/v1/sessions`)).status).toBe(404);
  });

  it('gives no event the number of one that a power cut made it forget', async () => {
    const model = await ScriptedModel.start();
    try {
      const env = { OPENAI_BASE_URL: model.url, RUN_LEASE_SECONDS: '3' };
      const server = await start(env);
      model.script({ text: 'word '.repeat(20_000), pace: { chunk: 5, tokensPerSecond: 300 } });
      model.always({ text: 'Where were we?' });
      const sessionId = await server.client.openSession({ agent: 'ask' });
      const seen: SentEvent[] = [];
      const { body } = await server.client.say(sessionId, 'Say it');
      const reading = (async () => {
        for await (const event of server.client.events(`/v1/runs/${body.run.id}/events`)) seen.push(event);
      })();
      const cut = expect(reading).rejects.toThrow();
      await eventually(() => expect(seen.length).toBeGreaterThan(20));
      // Nothing but the renewals of the lease brings the log to the disk from here on.
      const pid = await postgresPid();
      const [walWriter] = childrenOf(pid, 'walwriter');
      const all = [pid, ...childrenOf(pid)];
      process.kill(walWriter!, 'SIGSTOP');
      const before = seen.length;
      await eventually(() => expect(seen.length).toBeGreaterThan(before + 20));
      for (const each of all) process.kill(each, 'SIGKILL');
      await server.stop('SIGKILL');
      await cut;

      const next = await start(env);
      const cursor = seen.at(-1)!.id;
      const events = await next.client.readUntil(sessionId, isFinished);
      const numbered = new Map(events.map((event) => [event.id, event]));
      for (const event of seen) if (numbered.has(event.id)) expect(numbered.get(event.id)).toEqual(event);
      const following = await next.client.readUntil(sessionId, isFinished, cursor);
      expect(typesOf(following)).toEqual([
        'message.discarded',
        'message.started',
        ...following.filter(({ type }) => type === 'message.delta').map(({ type }) => type),
        'message.completed',
        'run.phase_changed',
        'run.finished',
      ]);
    } finally {
      await model.stop();
    }
  }, 120_000);

  it('shares one PostgreSQL between processes of the same DATA_DIR, started at once; the last one stops it', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const sessionId = await one.client.openSession();
    const reading = two.client.readUntil(sessionId, isFinished);
    const events = await one.client.ask(sessionId, 'Explain what a lease is');
    const whole = await reading;
    expect(whole.filter((event) => event.run_id === events[0]!.run_id)).toEqual(events);

    const pid = await postgresPid();
    await one.stop();
    expect(isAlive(pid)).toBe(true);
    expect((await two.client.get(`/v1/sessions/${sessionId}`)).status).toBe(200);
    await two.stop();
    await expectStopped();
  });

  it('finds everything again after a kill -9, with the PostgreSQL that was left running', async () => {
    const killed = await start();
    const sessionId = await killed.client.openSession({ title: 'Survives' });
    await killed.client.ask(sessionId, 'Explain what a lease is');
    const before = (await killed.client.get(`/v1/sessions/${sessionId}/messages`)).body;
    const pid = await postgresPid();
    await killed.stop('SIGKILL');
    expect(isAlive(pid)).toBe(true);

    const next = await start();
    expect(await postgresPid()).toBe(pid);
    expect((await next.client.get(`/v1/sessions/${sessionId}/messages`)).body).toEqual(before);
    expect(deltasOf(await next.client.readUntil(sessionId, isFinished)).size).toBe(1);
    await next.stop();
    await expectStopped();
  });

  it('brings its PostgreSQL back when that is killed, and goes on', async () => {
    const server = await start();
    const sessionId = await server.client.openSession();
    const reading = server.client.readUntil(sessionId, isFinished);
    await server.client.say(sessionId, 'Explain what a lease is');
    await server.client.readUntil(sessionId, (event) => event.type === 'message.delta');
    const pid = await postgresPid();
    process.kill(pid, 'SIGKILL');
    const events = await reading;
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    const { body } = await server.client.get(`/v1/sessions/${sessionId}/messages`);
    expect(events.find((event) => event.type === 'message.completed')!.data.content).toBe(
      body.data[1].content,
    );
    const ids = events.map((event) => Number(event.id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    const next = await postgresPid();
    expect(next).not.toBe(pid);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await expectStopped();
  });

  it.each([
    [
      { PORT: 'abc', LLM_MAX_RETRIES: '-1', DATABASE_URL: 'mysql://user:hunter2@db' },
      ['PORT', 'LLM_MAX_RETRIES', 'DATABASE_URL'],
    ],
    [{ HOST: '0.0.0.0' }, ['HOST']],
    [{ AUTH_MODE: 'jwt' }, ['JWT_SECRET']],
    [{ AUTH_MODE: 'password' }, ['AUTH_MODE']],
    [{ DATA_DIR: '/proc/nowhere' }, ['DATA_DIR']],
    [{ DATABASE_URL: 'postgres://user:hunter2%@127.0.0.1/x' }, ['DATABASE_URL']],
  ])('refuses to start with %j and names every fault', async (env, names) => {
    const server = ServerProcess.spawn({ DATA_DIR: dataDir, ...env });
    expect((await server.exited).code).toBe(1);
    for (const name of names) expect(server.errors).toContain(`  ${name} must`);
    expect(server.errors).not.toMatch(/hunter2|abc|mysql:|\n\s+at /);
  });
});
