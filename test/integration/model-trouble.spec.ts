import { once } from 'node:events';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo, createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deltasOf, isFinished, typesOf } from '../support/client.js';
import { all, find } from '../support/scenes.js';
import { NEVER_OPENS, TestApp } from '../support/test-app.js';

const OK = { text: 'All is well.' };

describe('a model that gives trouble', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start(
      { LLM_MAX_RETRIES: '2', LLM_IDLE_TIMEOUT_SECONDS: '1' },
      { circuit: NEVER_OPENS },
    );
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'ask' });
  });

  const ledger = () =>
    app.database.rows('select status, error_code from llm_calls where session_id = $1 order by id', [
      sessionId,
    ]);

  it.each([
    ['500', { status: 500 }, 'model.server_error'],
    ['429', { status: 429, retryAfter: 0 }, 'model.rate_limited'],
  ])('is asked again after %s, before a word was shown', async (_what, reply, code) => {
    app.model.script(reply, OK);
    const events = await app.client.ask(sessionId, 'Hello');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(typesOf(events)).not.toContain('message.discarded');
    expect(all(events, 'message.started')).toHaveLength(1);
    const calls = await ledger();
    expect(calls[0]).toEqual({ status: 'failed', error_code: code });
    expect(calls.at(-1)).toEqual({ status: 'completed', error_code: null });
    const stored = await app.database.rows(
      `select content from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(stored).toEqual([{ content: 'All is well.' }]);
  });

  it('is waited for as long as it asks', async () => {
    app.model.script({ status: 429, retryAfter: 1 }, OK);
    const begunAt = performance.now();
    const events = await app.client.ask(sessionId, 'Hello');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect(performance.now() - begunAt).toBeGreaterThanOrEqual(1000);
  });

  it('that fails every time fails the run, with a code and no word of the provider', async () => {
    app.model.always({ status: 500 });
    const events = await app.client.ask(sessionId, 'Hello');
    expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code: 'model.server_error' } });
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(all(events, 'message.discarded')[0]!.data).toMatchObject({ reason: 'model.server_error' });
    expect(await ledger()).toHaveLength(3);
    expect(all(events, 'run.phase_changed').map((event) => event.data.event)).toEqual([
      ...['receive_directed_message', 'task_failed', 'give_up'],
    ]);
  });

  it.each([
    [{ status: 401 }, 'model.unauthorized'],
    [{ status: 404 }, 'model.not_found'],
    [{ status: 400 }, 'model.request_refused'],
    [{ status: 400, code: 'context_length_exceeded' }, 'model.context_exceeded'],
    [{ status: 400, code: 'content_filter' }, 'model.content_filtered'],
    [{ status: 429, code: 'insufficient_quota' }, 'model.quota_exceeded'],
    [{ status: 429, retryAfter: 7200 }, 'model.rate_limited'],
  ])('that refuses for good (%j) is not asked again', async (reply, code) => {
    app.model.always(reply);
    const events = await app.client.ask(sessionId, 'Hello');
    expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code } });
    expect(await ledger()).toEqual([{ status: 'failed', error_code: code }]);
  });

  it('that has to be left alone for hours says until when, and what its provider calls that', async () => {
    app.model.always({ status: 429, retryAfter: 7200, code: 'Daily-Limit' });
    const askedAt = Date.now();
    const events = await app.client.ask(sessionId, 'Hello');
    const error = find(events, 'run.finished').data.error!;
    expect(error).toMatchObject({ code: 'model.rate_limited', provider_code: 'daily-limit' });
    const waitMs = Date.parse(error.retry_at!) - askedAt;
    expect(waitMs).toBeGreaterThanOrEqual(7_200_000);
    expect(waitMs).toBeLessThan(7_260_000);
    const { body } = await app.client.get(`/v1/runs/${events[0]!.run_id}`);
    expect(body.error).toEqual(error);
  });

  it('that breaks off is asked again, and what was shown is taken back', async () => {
    app.model.script({ text: 'This will never be finished', cutAfterChunks: 3, pace: { chunk: 5 } }, OK);
    const events = await app.client.ask(sessionId, 'Hello');
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    const [first, second] = all(events, 'message.started').map((event) => event.data.message_id);
    expect(all(events, 'message.discarded').map((event) => event.data)).toEqual([
      { message_id: first, reason: 'model.stream_cut' },
    ]);
    expect([...deltasOf(events)]).toEqual([[second, 'All is well.']]);
    const stored = await app.database.rows(
      `select id, content from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(stored).toEqual([{ id: second, content: 'All is well.' }]);
    expect(await ledger()).toEqual([
      { status: 'failed', error_code: 'model.stream_cut' },
      { status: 'completed', error_code: null },
    ]);
  });

  it('stops at the limit of model calls with a status of its own', async () => {
    const limited = await TestApp.start(
      { MODEL_CALL_LIMIT: '3' },
      { database: app.database, model: app.model },
    );
    try {
      app.model.script(
        ...['debug', 'ask', 'debug', 'ask'].map((agent) => ({
          calls: [{ name: 'switch_agent', args: { agent, reason: 'you' } }],
        })),
      );
      const events = await limited.client.ask(sessionId, 'Hello');
      expect(events.at(-1)!.data).toMatchObject({
        status: 'model_call_limit',
        error: { code: 'run.model_call_limit' },
        usage: { model_calls: 3 },
      });
      expect(await ledger()).toHaveLength(3);
      const [run] = await app.database.rows('select status, phase from runs where session_id = $1', [
        sessionId,
      ]);
      expect(run).toEqual({ status: 'model_call_limit', phase: 'completed' });
    } finally {
      await limited.stop();
    }
  });

  it('counts its calls by outcome', async () => {
    const requests = await app.growth('llm_requests_total');
    const retries = await app.growth('llm_retries_total');
    const firstTokens = await app.growth('server_time_to_first_token_seconds_count');
    app.model.script({ status: 500 }, OK);
    await app.client.ask(sessionId, 'Hello');
    expect(await requests()).toEqual({
      'llm_requests_total{model="gpt-5-mini",outcome="success"}': 1,
      'llm_requests_total{model="gpt-5-mini",outcome="server_error"}': 1,
    });
    expect(await retries()).toEqual({
      'llm_retries_total{model="gpt-5-mini",code="model.server_error"}': 1,
    });
    expect(await firstTokens()).toEqual({}); // only answers at the first try count
  });
});

describe('a model server of bad manners', () => {
  let server: Server;
  let app: TestApp;
  let behave: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => behave(request, response));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    app = await TestApp.start(
      {
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
        LLM_MAX_RETRIES: '1',
        LLM_IDLE_TIMEOUT_SECONDS: '1',
        LLM_FIRST_TOKEN_TIMEOUT_SECONDS: '1',
      },
      { circuit: NEVER_OPENS },
    );
  });
  afterAll(async () => {
    await app.stop();
    server.closeAllConnections();
    server.close();
  });
  afterEach(() => server.closeAllConnections());

  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

  /** Writes a text again and again, more often than a silence may last. */
  const repeat = (response: ServerResponse, text: string) => {
    const timer = setInterval(() => response.write(text), 200);
    response.on('close', () => clearInterval(timer));
  };

  const ask = async () => {
    const sessionId = await app.client.openSession({ agent: 'ask' });
    return app.client.ask(sessionId, 'Hello');
  };

  it.each<[string, typeof behave, string]>([
    ['never begins to answer', () => undefined, 'model.first_token_timeout'],
    [
      'falls silent in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ content: 'I was about to' }));
      },
      'model.idle_timeout',
    ],
    [
      'only keeps its answer alive',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        repeat(response, `: PROCESSING\n\n${chunk({ role: 'assistant', content: '' })}`);
      },
      'model.first_token_timeout',
    ],
    [
      'only keeps its answer alive after it has begun',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ reasoning_content: 'Let me see.' }));
        repeat(response, `: PROCESSING\n\n${chunk({ content: '' })}`);
      },
      'model.idle_timeout',
    ],
    ['hangs up', (request) => request.socket.destroy(), 'model.unavailable'],
    [
      'hangs up in the middle',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ content: 'I was' }), () => response.destroy());
      },
      'model.stream_cut',
    ],
    [
      'ends without a reason',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(chunk({ content: 'I was' }));
      },
      'model.stream_cut',
    ],
    [
      'answers with a web page',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end('<html>busy</html>');
      },
      'model.malformed_answer',
    ],
    [
      'sends broken JSON',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('data: {"choices":[{"delta":\n\n');
      },
      'model.malformed_answer',
    ],
    [
      'answers nothing at all',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
      },
      'model.empty_answer',
    ],
    [
      'only reasons',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`${chunk({ reasoning: 'Hm.' })}${chunk({}, 'stop')}data: [DONE]\n\n`);
      },
      'model.empty_answer',
    ],
    [
      'reports an error in its stream',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(
          `${chunk({ content: 'I' })}data: {"error":{"message":"secret","code":"overloaded"}}\n\n`,
        );
      },
      'model.server_error',
    ],
    [
      'says that it failed, and then why',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`${chunk({}, 'error')}data: {"error":{"message":"secret","code":429}}\n\n`);
      },
      'model.rate_limited',
    ],
  ])('%s: the run ends truthfully', async (_what, behaviour, code) => {
    behave = behaviour;
    const requests = await app.growth('llm_requests_total');
    const retries = await app.growth('llm_retries_total');
    const events = await ask();
    expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code } });
    expect(JSON.stringify(events)).not.toMatch(/secret|busy/);
    expect(deltasOf(events).size).toBe(0);
    const outcome = code.slice('model.'.length);
    expect(await requests()).toEqual({ [`llm_requests_total{model="gpt-5-mini",outcome="${outcome}"}`]: 2 });
    expect(await retries()).toEqual({ [`llm_retries_total{model="gpt-5-mini",code="${code}"}`]: 1 });
  });

  it.each([
    ['with index 0 each', [0, 0]],
    ['without an index', [undefined, undefined]],
    ['with gaps', [3, 7]],
  ])('tells several tool calls apart %s', async (_what, indexes) => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      indexes.forEach((index, n) => {
        const call = { index, id: `call_${n}`, function: { name: 'read_file', arguments: '{"path":' } };
        response.write(chunk({ tool_calls: [call] }));
        response.write(chunk({ tool_calls: [{ index, function: { arguments: `"${n}.txt"}` } }] }));
      });
      response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
    };
    const requested = all(await ask(), 'tool_call.requested').map((event) => event.data.arguments);
    expect(requested).toEqual([{ path: '0.txt' }, { path: '1.txt' }]);
  });

  it('refuses in words, counts in fractions and ends for odd reasons: the answer stands', async () => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ refusal: 'I would rather not.' }));
      response.write(chunk({}, 'odd \0 reason'));
      response.end(
        `data: {"choices":[],"usage":{"prompt_tokens":1.5,"completion_tokens":99999999999}}\n\ndata: [DONE]\n\n`,
      );
    };
    const events = await ask();
    expect(all(events, 'message.completed')[0]!.data).toMatchObject({
      content: 'I would rather not.',
      finish_reason: 'odd \ufffd reason',
      usage: null,
    });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['stays open', () => undefined],
    ['breaks', (response) => response.destroy()],
    ['brings further chunks without end', (response) => repeat(response, chunk({}, 'stop'))],
    ['brings an error', (response) => response.end('data: {"error":{"message":"usage","code":500}}\n\n')],
    ['brings broken JSON', (response) => response.end('data: {"usage":\n\n')],
  ])('has said all when its connection %s: the answer stands', async (_what, end) => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'All is well.' }, 'stop'), () => end(response));
    };
    const events = await ask();
    expect(all(events, 'message.completed')[0]!.data).toMatchObject({ content: 'All is well.' });
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('compresses its answer although it is asked not to: the answer stands', async () => {
    const bytes = gzipSync(`${chunk({ content: 'All is well.' })}data: [DONE]\n\n`);
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      response.write(bytes.subarray(0, 20));
      response.end(bytes.subarray(20));
    };
    expect(all(await ask(), 'message.completed')[0]!.data).toMatchObject({ content: 'All is well.' });
  });

  it('refuses within its answer: it is not asked again', async () => {
    let asked = 0;
    behave = (_request, response) => {
      asked++;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"error":{"message":"secret","type":"BadRequestError","code":400}}\n\n');
    };
    const events = await ask();
    expect(events.at(-1)!.data).toMatchObject({
      status: 'failed',
      error: { code: 'model.request_refused', provider_code: 'badrequesterror' },
    });
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(asked).toBe(1);
  });

  it('never comes to an end: the run does', async () => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const go = () => {
        while (!response.destroyed && response.write(chunk({ content: 'x'.repeat(100_000) })));
      };
      response.on('drain', go);
      go();
    };
    const events = await ask();
    expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code: 'model.answer_too_long' } });
    expect(all(events, 'message.discarded')).toHaveLength(1);
  });

  it('sends what PostgreSQL cannot store, and the text survives', async () => {
    behave = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ content: 'nul \0 and \ud83d' }));
      response.write(chunk({ content: '\ude00 and half \ud800 pair\n\ndata: not a frame' }));
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
    };
    const events = await ask();
    const text = 'nul \ufffd and 😀 and half \ufffd pair\n\ndata: not a frame';
    expect([...deltasOf(events).values()]).toEqual([text]);
    expect(all(events, 'message.completed')[0]!.data).toMatchObject({ content: text, usage: null });
    expect(isFinished(events.at(-1)!)).toBe(true);
  });

  it('accepts connections and no more: it is not reached in time', async () => {
    const silent = createTcpServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const unreachable = await TestApp.start({
      OPENAI_BASE_URL: `https://127.0.0.1:${port}/v1`,
      LLM_MAX_RETRIES: '0',
      LLM_CONNECT_TIMEOUT_SECONDS: '1',
    });
    try {
      const sessionId = await unreachable.client.openSession({ agent: 'ask' });
      const events = await unreachable.client.ask(sessionId, 'Hello');
      expect(events.at(-1)!.data).toMatchObject({ error: { code: 'model.connect_timeout' } });
    } finally {
      await unreachable.stop();
      silent.close();
    }
  });

  it('cannot be reached at all', async () => {
    const unreachable = await TestApp.start({
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      LLM_MAX_RETRIES: '0',
    });
    try {
      const sessionId = await unreachable.client.openSession();
      const events = await unreachable.client.ask(sessionId, 'Explain this');
      expect(all(events, 'agent.switched')[0]!.data).toMatchObject({ to: 'ask', confidence: 'low' });
      expect(events.at(-1)!.data).toMatchObject({ status: 'failed', error: { code: 'model.unavailable' } });
    } finally {
      await unreachable.stop();
    }
  });
});
