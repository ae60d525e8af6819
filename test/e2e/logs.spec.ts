import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { askedIn, callDecision, toolResult, writes } from '../support/scenes.js';
import { ScriptedModel } from '../support/scripted-model.js';
import { ServerProcess } from '../support/server-process.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

type Line = Record<string, unknown>;

let database: TestDatabase;
let model: ScriptedModel;

beforeAll(async () => {
  database = await TestDatabase.create();
  model = await ScriptedModel.start();
});
afterAll(async () => {
  await model?.stop();
  await database?.drop();
});

const start = (env: Record<string, string> = {}) =>
  ServerProcess.start({
    DATABASE_URL: database.url,
    OPENAI_BASE_URL: model.url,
    LLM_MAX_RETRIES: '1',
    ...env,
  });

describe('the log', () => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => {
    await server?.stop();
  });

  const lines = () => server.lines.map((line) => JSON.parse(line) as Line);
  const said = (message: string, about: Line = {}) =>
    lines().filter(
      (line) => line['msg'] === message && Object.keys(about).every((key) => line[key] === about[key]),
    );

  it('says once that the limits of its model are assumed', async () => {
    await eventually(() => {
      const assumed = lines().filter(({ msg }) => /a context of 32768 tokens is assumed/.test(String(msg)));
      expect(assumed).toMatchObject([{ level: 40 }]);
    });
  });

  it('names job, trace, run and session in every line about a job, of every component', async () => {
    model.script({ status: 503 }, { text: 'After all.' });
    const sessionId = await server.client.openSession();
    const { body: job } = await server.client
      .with({ traceparent: TRACEPARENT })
      .post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: 'Why?' });
    const done = await eventually(async () => {
      const { body } = await server.client.get(`/v1/jobs/${job.job_id}`);
      expect(body.status).toBe('done');
      return body;
    });
    const about = { job_id: job.job_id, trace_id: TRACE, session_id: sessionId, run_id: done.run_id };
    for (const message of [
      'the model is asked again',
      'a step of a run ended',
      'a run ended',
      'an attempt of a job ended',
    ]) {
      await eventually(() => {
        expect(said(message)).toHaveLength(1);
        expect(said(message)[0]).toMatchObject(about);
      });
    }
    expect(said('an attempt of a job ended')[0]).toMatchObject({
      job_type: 'agent:ask',
      attempt: 1,
      outcome: 'completed',
      duration_ms: expect.any(Number),
    });
    const others = lines().filter((line) => 'job_id' in line && line['job_id'] !== job.job_id);
    expect(others).toEqual([]);
    const [asked] = said('request completed', { method: 'POST', path: '/v1/jobs/agents/ask/1.0.0' });
    expect(asked).toMatchObject({ trace_id: TRACE, status: 202 });
    expect(asked).not.toHaveProperty('job_id');
  });

  it('has one line for a run and one for each of its steps, with the ids of the run wherever it ended', async () => {
    model.reset();
    model.script(writes());
    const sessionId = await server.client.openSession();
    const client = server.client.with({ traceparent: TRACEPARENT, 'x-request-id': 'asked' });
    const events = await client.ask(sessionId, 'Write');
    const run_id = events[0]!.run_id!;
    expect(said('a run ended', { run_id })).toEqual([]);
    // Another request ends it, in its own trace.
    const decision = callDecision(askedIn(events).call_id, 'reject');
    model.script({ text: 'unheard' }, { text: 'Well, then.' });
    await server.client.with({ 'x-request-id': 'answered' }).stream(sessionId, decision);
    const steps = await eventually(() => {
      const found = said('a step of a run ended', { run_id });
      expect(found).toHaveLength(3);
      return found;
    });
    const about = {
      session_id: sessionId,
      user_id: 'local',
      trace_id: TRACE,
      duration_ms: expect.any(Number),
    };
    expect(steps).toMatchObject([
      { ...about, step: 'classify', agent: 'orchestrator', outcome: 'completed', request_id: 'asked' },
      { ...about, step: 'ask_model', agent: 'coder', outcome: 'completed', request_id: 'asked' },
      { ...about, step: 'ask_model', agent: 'coder', outcome: 'completed', request_id: 'answered' },
    ]);
    const [streamed] = await eventually(() => {
      const found = said('request completed', { request_id: 'answered' });
      expect(found).toHaveLength(1);
      return found;
    });
    expect(streamed!['trace_id']).not.toBe(TRACE);
    expect(streamed).not.toHaveProperty('run_id');
    await eventually(() => expect(said('a run ended', { run_id })).toHaveLength(1));
    expect(said('a run ended', { run_id })[0]).toMatchObject({
      ...about,
      status: 'completed',
      attempt: 1,
      model_calls: 3,
    });
  });

  it('says of a step and a run why they failed', async () => {
    model.reset();
    model.always({ status: 401, code: 'invalid_api_key' });
    const sessionId = await server.client.openSession();
    await server.client.ask(sessionId, 'Why?', { agent: 'ask' });
    await eventually(() => expect(said('a run ended', { session_id: sessionId })).toHaveLength(1));
    expect(said('a run ended', { session_id: sessionId })[0]).toMatchObject({
      status: 'failed',
      error: 'model.unauthorized',
    });
    await eventually(() =>
      expect(said('a step of a run ended', { session_id: sessionId })).toMatchObject([
        { outcome: 'model.unauthorized' },
      ]),
    );
    expect(said('a model call failed', { session_id: sessionId })).toMatchObject([
      { code: 'model.unauthorized', status: 401, provider_code: 'invalid_api_key' },
    ]);
    expect(server.lines.join('\n')).not.toContain('secret words of the provider');
  });

  it('has one line for each request, also for what is refused before it comes to a route', async () => {
    const client = (id: string) => server.client.with({ 'x-request-id': id });
    await client('well').get('/v1/sessions?limit=1');
    await client('malformed').call('POST', '/v1/sessions', '{');
    await client('nowhere').get('/v1/nowhere');
    await client('no-json').call('POST', '/v1/sessions', 'words', { 'content-type': 'text/plain' });
    await client('elsewhere').get('/health');
    for (const [request_id, status, path] of [
      ['well', 200, '/v1/sessions'],
      ['malformed', 400, '/v1/sessions'],
      ['nowhere', 404, '/v1/nowhere'],
      ['no-json', 415, '/v1/sessions'],
    ] as const) {
      const [line] = await eventually(() => {
        const found = said('request completed', { request_id });
        expect(found).toHaveLength(1);
        return found;
      });
      expect(line).toMatchObject({
        status,
        path,
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        duration_ms: expect.any(Number),
      });
    }
    expect(lines().filter((line) => line['request_id'] === 'elsewhere')).toEqual([]);
  });

  it('says nothing of one thing in the lines of another', async () => {
    model.reset();
    model.script({ status: 503 }, { text: 'After all.' });
    const sessionId = await server.client.openSession();
    await server.client.ask(sessionId, 'Why?', { agent: 'ask' });
    const [again] = await eventually(() => {
      expect(said('a run ended', { session_id: sessionId })).toHaveLength(1);
      return said('the model is asked again', { session_id: sessionId });
    });
    expect(again).toMatchObject({ retry: 1 });
    expect(said('a run ended', { session_id: sessionId })[0]).not.toHaveProperty('retry');
  });
});

describe.each(['json', 'pretty'] as const)('the whole output as %s', (format) => {
  const KEYS = {
    openai: 'a-key-of-no-known-form',
    redis: 'hunter2hunter2',
    ours: `ar_${'Zm9vYmFy'.repeat(5)}`,
    token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.sflKxwRJSMeKKF2QT4fwpM',
    question: 'an-unheard-of-question',
    result: 'an-unheard-of-result',
  };

  it('holds no key, whatever it came in by, nothing that was said, and no line but its own', async () => {
    model.reset();
    model.script({ status: 500 }, { ...writes('an-unheard-of-file') }, { text: 'An unheard-of answer.' });
    const server = await start({
      LOG_FORMAT: format,
      LOG_LEVEL: 'trace',
      OPENAI_API_KEY: KEYS.openai,
      // No Redis listens here: the log says so, with the address.
      REDIS_URL: `redis://:${KEYS.redis}@127.0.0.1:1`,
    });
    const client = server.client.with({ authorization: `Bearer ${KEYS.ours}` });
    const sessionId = await client.openSession();
    const events = await client.ask(sessionId, KEYS.question, { agent: 'coder' });
    const { call_id } = askedIn(events);
    const allowed = callDecision(call_id, 'approve');
    await client.stream(sessionId, allowed);
    await client.stream(sessionId, toolResult(call_id, { result: KEYS.result }));
    await client.get(`/v1/sessions?access_token=${KEYS.token}&limit=${KEYS.ours}`);
    await client.get(`/v1/runs/${KEYS.ours}`);
    await client.get(`/v1/nowhere/${KEYS.token}`);
    await client.get(`/v1/x-${KEYS.ours.replace('ar_', '%61r%5f')}`);
    await client.post('/v1/jobs/agents/ask/1.0.0', { session_id: sessionId, query: KEYS.question });
    await raw(server.client.url, 'GET /v1/%0aforged HTTP/1.1\r\nhost: localhost\r\n');
    await eventually(() => expect(server.lines.join('\n')).toContain('forged'));
    await server.stop();
    const output = server.lines.join('\n') + server.errors;
    const password = decodeURIComponent(new URL(database.url).password);
    expect(password.length).toBeGreaterThan(8);
    for (const secret of [...Object.values(KEYS), password]) expect(output).not.toContain(secret);
    expect(output).not.toMatch(/unheard/i);
    // Those who debug may read why a provider refuses.
    expect(output).toContain('secret words of the provider');
    expect(output).toContain('[redacted]');
    // eslint-disable-next-line no-control-regex
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(server.lines.filter((line) => line.includes('forged'))).toHaveLength(1);
    expect(server.lines.filter((line) => /^\s*forged/.test(line))).toEqual([]);
  });
});

/** Sends what no client library would. */
async function raw(url: string, head: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`${head}connection: close\r\n\r\n`);
  await text(socket);
}
