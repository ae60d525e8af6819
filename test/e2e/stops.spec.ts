import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SentEvent, deltasOf, isFinished, isWaiting, typesOf } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { callIn, reads, toolResult } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

describe('the server when it is told to stop', () => {
  let database: TestDatabase;
  let model: ScriptedModel;

  beforeEach(async () => {
    database = await TestDatabase.create();
    model = await ScriptedModel.start();
  });
  afterEach(async () => {
    await model.stop();
    await database.drop();
  });

  const start = (env: Record<string, string> = {}) =>
    ServerProcess.start({ DATABASE_URL: database.url, OPENAI_BASE_URL: model.url, ...env });

  it('lets a run finish within the drain time', async () => {
    const server = await start({ SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '30' });
    model.script({ text: 'word '.repeat(60), pace: { chunk: 5, tokensPerSecond: 60 } });
    const sessionId = await server.client.openSession({ agent: 'ask' });
    await server.client.say(sessionId, 'Say it');
    await eventually(() => expect(model.requests).toHaveLength(1));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const [run] = await database.rows('select status from runs where session_id = $1', [sessionId]);
    expect(run).toEqual({ status: 'completed' });
  });

  it('interrupts what cannot finish, keeps the words that were said, and goes on from there at the next start', async () => {
    const server = await start({ SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '0' });
    model.script(
      { text: 'word '.repeat(1000), pace: { chunk: 5, tokensPerSecond: 50 } },
      { text: 'Where were we?' },
    );
    const sessionId = await server.client.openSession({ agent: 'ask' });
    await server.client.say(sessionId, 'Say it');
    await server.client.readUntil(
      sessionId,
      (event) => event.type === 'message.delta' && Number(event.id) > 10,
    );
    const watching = Array.fromAsync(server.client.events(`/v1/sessions/${sessionId}/events?after=0`));
    await eventually(async () => {
      const { body } = await server.client.get('/metrics');
      expect(body).toContain('sse_connections 1');
    });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    // The reader has seen the end of the run, and a clean end of the stream.
    expect((await watching).at(-1)).toMatchObject({ type: 'run.finished', data: { status: 'interrupted' } });

    const [run] = await database.rows('select status, error from runs where session_id = $1', [sessionId]);
    expect(run).toMatchObject({ status: 'interrupted', error: { code: 'run.interrupted' } });
    const [message] = await database.rows<{ content: string; finish_reason: string }>(
      `select content, finish_reason from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(message!.finish_reason).toBe('interrupted');
    const next = await start();
    try {
      const events = await next.client.readUntil(sessionId, isFinished);
      expect([...deltasOf(events).values()]).toEqual([message!.content]);
      expect(message!.content.length).toBeGreaterThan(20);
      expect(typesOf(events).at(-1)).toBe('run.finished');
      const calls = await database.rows('select status from llm_calls where session_id = $1', [sessionId]);
      expect(calls).toEqual([{ status: 'aborted' }]);
      expect((await next.client.ask(sessionId, 'Go on')).at(-1)!.data).toMatchObject({ status: 'completed' });
    } finally {
      await next.stop();
    }
  });

  it('hurries at a second signal', async () => {
    const server = await start({ SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '600' });
    model.script({ text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 20 } });
    const sessionId = await server.client.openSession({ agent: 'ask' });
    await server.client.say(sessionId, 'Say it');
    await eventually(() => expect(model.requests).toHaveLength(1));
    // What comes together is one signal; only a later one hurries.
    server.signal('SIGTERM');
    server.signal('SIGINT');
    await eventually(async () => expect((await server.client.get('/health/ready')).status).toBe(503));
    expect((await server.client.get('/health/live')).status).toBe(200);
    const refused = await server.client.say(sessionId, 'One more');
    expect([refused.status, refused.body.code]).toEqual([503, 'server.draining']);
    await pause(600);
    expect((await server.client.get('/health/live')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const [run] = await database.rows('select status from runs where session_id = $1', [sessionId]);
    expect(run).toEqual({ status: 'interrupted' });
  });

  it('ends in time although its database is gone for good', async () => {
    const proxy = new FlakyProxy(new URL(database.url));
    const server = await start({ DATABASE_URL: await proxy.open(), SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '1' });
    model.script({ text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 20 } });
    const sessionId = await server.client.openSession({ agent: 'ask' });
    await server.client.say(sessionId, 'Say it');
    await eventually(() => expect(model.requests).toHaveLength(1));
    await proxy.close();
    const begunAt = performance.now();
    expect(await server.stop()).toEqual({ code: 1, signal: null });
    expect(performance.now() - begunAt).toBeLessThan(15_000);
    const log = server.lines.join('\n');
    expect(log).toContain('deltas are given up');
    expect(log).toContain('the end of a run could not be stored');
  }, 120_000);

  it('ends in time although its database has fallen silent, and at a second signal sooner', async () => {
    const proxy = new FlakyProxy(new URL(database.url));
    const env = { DATABASE_URL: await proxy.open(), SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '1' };
    const servers = [await start(env), await start({ ...env, SHUTDOWN_DRAIN_TIMEOUT_SECONDS: '600' })];
    model.always({ text: 'word '.repeat(2000), pace: { chunk: 5, tokensPerSecond: 20 } });
    for (const { client } of servers) {
      const sessionId = await client.openSession({ agent: 'ask' });
      await client.say(sessionId, 'Say it');
      await client.readUntil(sessionId, (event) => event.type === 'message.delta');
    }
    proxy.fallSilent();
    const begunAt = performance.now();
    servers[1]!.signal('SIGTERM');
    await pause(2_000); // longer than signals are one, also where a busy process learns of this one late
    const ends = await Promise.all(servers.map((server) => server.stop()));
    expect(performance.now() - begunAt).toBeLessThan(20_000);
    expect(ends).toEqual(servers.map(() => ({ code: 1, signal: null })));
    await proxy.close();
  }, 120_000);

  it('ends its streams, and lets a waiting run wait for the next process', async () => {
    const server = await start();
    model.script(reads(), { text: 'Thank you.' });
    const sessionId = await server.client.openSession({ agent: 'coder' });
    const asked = await server.client.ask(sessionId, 'Read it');
    expect(isWaiting(asked.at(-1)!)).toBe(true);
    const seen: SentEvent[] = [];
    const reading = (async () => {
      for await (const event of server.client.events(`/v1/sessions/${sessionId}/events?after=0`))
        seen.push(event);
    })();
    await eventually(() => expect(seen).toEqual(asked));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    await reading; // ends without an error

    const next = await start();
    try {
      const callId = callIn(asked);
      const answered = await next.client.stream(sessionId, toolResult(callId, { result: 'A' }));
      expect(answered.at(-1)!.data).toMatchObject({ status: 'completed' });
    } finally {
      await next.stop();
    }
  });

  it('runs the migrations once when several start at once on an empty database', async () => {
    await database.rows('drop schema public cascade; create schema public');
    const servers = await Promise.all([start(), start(), start()]);
    const rows = await database.rows('select count(*)::int as count from migrations');
    expect(rows).toEqual([{ count: expect.any(Number) }]);
    for (const server of servers) {
      expect((await server.client.post('/v1/sessions')).status).toBe(201);
      await server.stop();
    }
  });

  it('logs a defect with its type, its place and the request’s id, which is all the client gets', async () => {
    const server = await start();
    await server.client.openSession();
    await database.rows('alter table sessions rename column title to renamed');
    const { body } = await server.client.get('/v1/sessions');
    expect(body.code).toBe('internal');
    await server.stop();
    const line = server.lines.find((each) => each.includes('a request failed by a defect'))!;
    expect(JSON.parse(line)).toMatchObject({
      level: 50,
      request_id: body.request_id,
      err: {
        type: 'DatabaseError',
        message: expect.stringContaining('title'),
        stack: expect.stringMatching(/sessions/),
      },
    });
    expect(line).not.toContain('"parameters"');
  });

  it('writes neither keys nor what people say into its log', async () => {
    const server = await start({ OPENAI_API_KEY: 'sk-very-secret-key' });
    model.always({ status: 401 });
    const sessionId = await server.client.openSession({ agent: 'ask' });
    await server.client.ask(sessionId, 'my private words');
    await server.stop();
    const log = server.lines.join('\n') + server.errors;
    expect(log).toMatch(/"method":"POST","path":"\/v1\/sessions"/);
    expect(log).not.toMatch(/sk-very-secret-key|my private words|secret words of the provider/);
    expect(log).not.toContain(new URL(database.url).password);
  });
});
