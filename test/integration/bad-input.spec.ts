import { once } from 'node:events';
import { IncomingMessage, request } from 'node:http';
import { Socket, connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { PACE_LIMITS } from '../../src/shared/api/paced-feeds.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { DomainEvent } from '../../src/shared/domain/domain-event.js';
import { eventually } from '../support/eventually.js';
import { UNKNOWN, callIn, reads } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';
import { exchange } from './support/raw-client.js';

const fact = (sessionId: string, text: string): DomainEvent => ({
  type: 'message.discarded',
  sessionId,
  runId: null,
  data: { message_id: UNKNOWN, reason: text },
});

describe('bad input', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession();
  });

  const expectProblem = (
    answer: { status: number; headers: Headers; body: unknown },
    status: number,
    code: string,
  ) => {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({
      type: `urn:agent-runtime:problem:${code}`,
      status,
      code,
      title: expect.any(String),
      detail: expect.any(String),
      request_id: answer.headers.get('x-request-id'),
    });
  };

  it.each([
    ['GET', `/v1/sessions/${UNKNOWN}`, 'session.not_found'],
    ['GET', '/v1/sessions/not-an-id', 'session.not_found'],
    ['PATCH', `/v1/sessions/${UNKNOWN}`, 'session.not_found'],
    ['DELETE', `/v1/sessions/${UNKNOWN}`, 'session.not_found'],
    ['GET', `/v1/sessions/${UNKNOWN}/messages`, 'session.not_found'],
    ['GET', `/v1/sessions/${UNKNOWN}/events`, 'session.not_found'],
    ['GET', `/v1/sessions/${UNKNOWN}/runs`, 'session.not_found'],
    ['GET', `/v1/runs/${UNKNOWN}`, 'run.not_found'],
    ['GET', '/v1/runs/x', 'run.not_found'],
    ['GET', `/v1/runs/${UNKNOWN}/events`, 'run.not_found'],
    ['GET', '/v1/agents/nobody', 'agent.not_found'],
    ['GET', '/v1/nothing/here', 'route.not_found'],
  ])('%s %s → 404 %s', async (method, path, code) => {
    const body = method === 'PATCH' ? { title: 'x' } : undefined;
    expectProblem(await app.client.call(method, path, body), 404, code);
  });

  it.each(['messages', 'messages/stream'])(
    'POST %s to an unknown session is an ordinary problem',
    async (route) => {
      const input = { type: 'user_message', content: 'hi' };
      expectProblem(
        await app.client.post(`/v1/sessions/${UNKNOWN}/${route}`, input),
        404,
        'session.not_found',
      );
    },
  );

  it.each([
    [{}, 'type'],
    [{ type: 'nonsense' }, 'type'],
    [{ type: 'user_message' }, 'content'],
    [{ type: 'user_message', content: '' }, 'content'],
    [{ type: 'user_message', content: ' \u200b\n' }, 'content'],
    [{ type: 'user_message', content: 7 }, 'content'],
    [{ type: 'user_message', content: 'x'.repeat(1_000_001) }, 'content'],
    [{ type: 'user_message', content: 'hi', agent: 5 }, 'agent'],
    [{ type: 'user_message', content: 'hi', on_busy: 'explode' }, 'on_busy'],
    [{ type: 'tool_result', result: 'x' }, 'call_id'],
    [{ type: 'tool_result', call_id: UNKNOWN }, 'result'],
    [{ type: 'tool_result', call_id: UNKNOWN, result: 'x', error: 'y' }, 'result'],
    [{ type: 'switch_agent' }, 'agent'],
    [{ type: 'switch_agent', agent: 'ask', reason: '\u2060' }, 'reason'],
    [{ type: 'hitl_decision', call_id: UNKNOWN, decision: 'reject', feedback: '\ufeff' }, 'feedback'],
    [{ type: 'plan_decision', plan_id: UNKNOWN, decision: 'modify', feedback: '\t' }, 'feedback'],
    [[], 'body'],
  ])('names the field at fault: %j', async (input, field) => {
    const answer = await app.client.post(`/v1/sessions/${sessionId}/messages`, input);
    expectProblem(answer, 400, 'request.invalid');
    expect(answer.body.errors.map((fault: { field: string }) => fault.field)).toContain(field);
    const rows = await app.database.rows('select 1 from messages where session_id = $1', [sessionId]);
    expect(rows).toEqual([]);
  });

  it.each([
    ['{"type":', 400, 'request.malformed_json'],
    ['null', 400, 'request.malformed_json'],
    ['"text"', 400, 'request.malformed_json'],
    [`{"type":"user_message","content":"${'x'.repeat(2_200_000)}"}`, 413, 'request.too_large'],
    [
      `{"type":"tool_result","call_id":"x","result":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      400,
      'request.invalid',
    ],
    [`{"type":"tool_result","call_id":"x","result":[${'0,'.repeat(100_000)}0]}`, 400, 'request.invalid'],
    ['{"type":"user_message","content":"a\\u0000b"}', 400, 'request.invalid'],
    ['{"type":"user_message","content":"half \\ud800 pair"}', 400, 'request.invalid'],
    ['{"type":"tool_result","call_id":"x","result":{"__proto__":1}}', 400, 'request.invalid'],
  ])('refuses a body it cannot take: %.40s', async (body, status, code) => {
    expectProblem(await app.client.call('POST', `/v1/sessions/${sessionId}/messages`, body), status, code);
  });

  it.each([
    ['POST', '/v1/sessions', { title: '  ' }, 'title'],
    ['PATCH', '/v1/sessions/:session', { title: '\u200b' }, 'title'],
    ['POST', '/v1/jobs/agents/ask/1.0.0', { session_id: UNKNOWN, query: '\u0007' }, 'query'],
    ['POST', `/v1/plans/${UNKNOWN}/cancel`, { reason: '\u3164' }, 'reason'],
    ['POST', `/v1/approvals/${UNKNOWN}/decision`, { decision: 'reject', feedback: ' ' }, 'feedback'],
    [
      ...(['PUT', '/v1/sessions/:session/synopsis'] as const),
      { title: '\u2800', items: [{ kind: 'text', text: '\u00ad' }] },
      'title, items.0.text',
    ],
  ])('refuses a text in which nothing can be seen: %s %s', async (method, path, body, fields) => {
    const answer = await app.client.call(method, path.replace(':session', sessionId), body);
    expectProblem(answer, 400, 'request.invalid');
    expect(answer.body.errors).toEqual(
      fields.split(', ').map((field) => ({ field, message: 'must have a visible character' })),
    );
  });

  it('keeps a text as it was sent, with the spaces around it', async () => {
    const { body } = await app.client.post('/v1/sessions', { title: ' x\u200d ' });
    expect(body.title).toBe(' x\u200d ');
  });

  it.each(['utf-16', 'UTF-16LE', '"utf-32"', 'latin1', 'utf8', ' = utf-16'])(
    'refuses a body whose charset is said to be %s',
    async (charset) => {
      const type = `application/json; charset${charset.includes('=') ? '' : '='}${charset}`;
      const [head, body] = ['POST /v1/sessions HTTP/1.1\r\nhost: localhost', Buffer.from('{}', 'utf16le')];
      const bytes = `${head}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n`;
      const answer = await exchange(app.client.url, Buffer.concat([Buffer.from(bytes), body]));
      expect([answer?.status, JSON.parse(answer?.body ?? '{}').code]).toEqual([
        ...[415, 'request.unsupported_media_type'],
      ]);
    },
  );

  it.each(['POST', 'PATCH'])(
    'takes an empty body of a %s for {}, with a content type and without',
    async (method) => {
      const path = method === 'POST' ? '/v1/sessions' : `/v1/sessions/${sessionId}`;
      const answers = await Promise.all([
        app.client.call(method, path),
        app.client.call(method, path, ''),
        app.client.call(method, path, {}),
      ]);
      const [expected, detail] =
        method === 'POST' ? [201, undefined] : [400, expect.stringContaining('must change something')];
      for (const { status, body } of answers) expect([status, body.detail]).toEqual([expected, detail]);
    },
  );

  it('refuses a body that is not UTF-8 instead of altering it', async () => {
    const response = await fetch(`${app.client.url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('7b227469746c65223a22fffe227d', 'hex'),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      ...[400, 'request.malformed_json'],
    ]);
  });

  it.each([
    ['evil.example.com', 403],
    ['face', 403],
    ['localhost:3000', 200],
    ['127.0.0.1', 200],
    ['[::1]:3000', 200],
  ])(
    'answers to the host %s with %i: a web page must not get in under a name of its own',
    async (host, status) => {
      const { port } = new URL(app.client.url);
      const answer = await new Promise<IncomingMessage>((resolve) => {
        request({ host: '127.0.0.1', port, path: '/v1/agents', headers: { host } }, resolve).end();
      });
      answer.resume();
      expect(answer.statusCode).toBe(status);
    },
  );

  it('answers HEAD of a stream and ends', async () => {
    const response = await fetch(`${app.client.url}/v1/sessions/${sessionId}/events`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('event-stream'),
    ]);
  });

  it('lets a reader have an event that is larger than what a reader may be behind', async () => {
    const text = 'x'.repeat(5_000_000);
    const facts = [text, 'small'].map((each) => fact(sessionId, each));
    const live = app.client.readUntil(sessionId, (event) => event.id === '2');
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 1']));
    for (const each of facts)
      await app.nest.get(UnitOfWork).run('test_record', async (tx) => tx.record(each));
    const replayed = await app.client.readUntil(sessionId, (event) => event.id === '2');
    expect(replayed[0]!.data).toEqual(facts[0]!.data);
    expect(await live).toEqual(replayed);
  });

  it('says what to send when the body is not JSON', async () => {
    const answer = await app.client.call('POST', '/v1/sessions', 'a=b', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expectProblem(answer, 415, 'request.unsupported_media_type');
  });

  it('refuses the key __proto__, which a copy of the object would silently lack', async () => {
    for (const body of [
      '{"title":"x","__proto__":{"admin":true}}',
      '{"title":"x","metadata":{"a":[{"__proto__":{"polluted":true}}]}}',
    ]) {
      const answer = await app.client.call('POST', '/v1/sessions', body);
      expectProblem(answer, 400, 'request.invalid');
      expect(answer.body.detail).toContain('__proto__');
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('takes the other keys of prototypes for what they are: data', async () => {
    const metadata = { constructor: { name: 'x' }, prototype: 1, toString: [], hasOwnProperty: null };
    const { status, body } = await app.client.post('/v1/sessions', { metadata });
    expect([status, body.metadata]).toEqual([201, metadata]);
    expect((await app.client.get(`/v1/sessions/${body.id}`)).body.metadata).toEqual(metadata);
  });

  it('names unknown fields, each by itself and no longer than need be', async () => {
    const long = 'x'.repeat(1_000_000);
    const answer = await app.client.post('/v1/sessions', { titel: 'x', [long]: 1 });
    expectProblem(answer, 400, 'request.invalid');
    expect(answer.body.errors).toEqual([
      { field: 'titel', message: 'is not known here' },
      { field: long.slice(0, 100), message: 'is not known here' },
    ]);
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`key${n}`, n]));
    const { body } = await app.client.post('/v1/sessions', wide);
    expect(body.errors).toHaveLength(20);
    expect(JSON.stringify(body).length).toBeLessThan(10_000);
  });

  it.each([
    ['sessions/:session/events?after[]=1', 'after[]'],
    ['sessions/:session/events?after[a]=1', 'after[a]'],
    ['sessions/:session/events?after=1&after=2', 'after'],
    ['sessions/:session/messages?limits=5', 'limits'],
    ['sessions/:session/messages?limit=5&limit=6', 'limit'],
    ['sessions?__proto__=1', '__proto__'],
    ['sessions/:session/synopsis?mode=sync', 'mode'],
    ['agents?limit=0', 'limit'],
    ['agents?cursor=nobody', 'cursor'],
    ['me?limit=5', 'limit'],
    ['runs?user_id=somebody', 'user_id'],
    ['jobs?status[]=done', 'status[]'],
  ])('refuses %s and names the parameter', async (address, field) => {
    const answer = await app.client.get(`/v1/${address.replace(':session', sessionId)}`);
    expectProblem(answer, 400, 'request.invalid');
    expect(answer.body.errors[0].field).toBe(field);
  });

  it('lets probes and scrapes be asked with whatever their callers add', async () => {
    for (const path of ['/health/live', '/metrics']) {
      expect((await app.client.get(`${path}?probe=1`)).status).toBe(200);
    }
  });

  it.each([
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`,
      431,
      'request.headers_too_large',
    ],
    ['something that is no HTTP', 'hello\r\n\r\n', 400, 'request.malformed'],
    [
      'two lengths',
      'POST /v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
      400,
      'request.malformed',
    ],
    [
      'a chunk that is none',
      'POST /v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
      400,
      'request.malformed',
    ],
    ['no host', 'GET /v1/agents HTTP/1.1\r\n\r\n', 400, 'request.malformed'],
    ['an expectation', 'GET / HTTP/1.1\r\nhost: localhost\r\nexpect: tea\r\n\r\n', 417, 'request.refused'],
  ])('answers %s with a problem, though no route ever sees it', async (_what, bytes, status, code) => {
    const answer = (await exchange(app.client.url, bytes))!;
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(JSON.parse(answer.body)).toMatchObject({
      ...{ status, code, type: `urn:agent-runtime:problem:${code}` },
      request_id: answer.headers.get('x-request-id'),
    });
  });

  it.each([
    ['Host', 'localhost', 'localhost'],
    ['Host', 'localhost', 'evil.example'],
    ['Authorization', 'Bearer x', 'Bearer y'],
    ['Content-Type', 'application/json', 'text/plain'],
  ])('refuses a request with two %s headers: %s and %s', async (name, first, second) => {
    const host = name === 'Host' ? '' : 'Host: localhost\r\n';
    const head = `GET /v1/agents HTTP/1.1\r\n${host}${name}: ${first}\r\n${name}: ${second}\r\n\r\n`;
    const answer = await exchange(app.client.url, head);
    expect([answer?.status, JSON.parse(answer?.body ?? '{}').code]).toEqual([400, 'request.malformed']);
  });

  it.each(['/health', '/metrics', '/docs', '/nope'])(
    'is not read where nothing takes a body: %s',
    async (path) => {
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
      // The body never comes.
      const answer = await exchange(app.client.url, `${head}content-length: 1000000\r\n\r\n`);
      expect(answer?.status).toBe(404);
    },
  );

  it('is not inflated: what is small may become large', async () => {
    const brackets = gzipSync('['.repeat(900_000) + ']'.repeat(900_000));
    const head =
      'POST /v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n';
    const bytes = Buffer.concat([Buffer.from(`${head}content-length: ${brackets.length}\r\n\r\n`), brackets]);
    const answer = (await exchange(app.client.url, bytes))!;
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([415, 'request.unsupported_media_type']);
  });

  it('lets go of who is refused and stays', async () => {
    const accepted = once(app.nest.getHttpServer(), 'connection') as Promise<[Socket]>;
    const { port } = new URL(app.client.url);
    const client = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    client.resume().write('hello\r\n\r\n');
    const [connection] = await accepted;
    await eventually(() => expect([connection.writableFinished, connection.destroyed]).toEqual([true, true]));
    client.destroy();
  });

  it('does not put a refusal into the middle of a stream', async () => {
    const { port } = new URL(app.client.url);
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (part) => (text += part.toString()));
    const head = `GET /v1/sessions/${sessionId}/events HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    socket.write(head);
    await eventually(() => expect(text).toContain('retry: 1000'));
    socket.write('hello\r\n\r\n');
    await new Promise((closed) => socket.once('close', closed));
    expect(text).not.toContain('problem+json');
  });

  it('cuts a page of large messages before it is all of them, and misses none', async () => {
    await app.database.rows(
      `insert into messages (id, session_id, position, role, content, created_at)
         select gen_random_uuid(), $1, n, 'user', repeat('x', 100000), now() from generate_series(1, 200) as n`,
      [sessionId],
    );
    const seen: number[] = [];
    let query = '?limit=200';
    for (let pages = 1; query !== ''; pages++) {
      const { body } = await app.client.get(`/v1/sessions/${sessionId}/messages${query}`);
      seen.push(body.data.length);
      expect([body.has_more, pages]).toEqual([body.next_cursor !== null, pages]);
      query = body.has_more ? `?limit=200&cursor=${body.next_cursor}` : '';
    }
    expect(seen).toEqual([42, 42, 42, 42, 32]);
    const small = await app.client.get(`/v1/sessions/${sessionId}/messages?limit=2`);
    expect([small.body.data.length, small.body.has_more, small.body.next_cursor]).toEqual([2, true, '2']);
  });

  it('says whether the database is away or busy', async () => {
    const unlock = await app.database.lock('select from sessions where id = $1 for update', [sessionId]);
    try {
      const answer = await app.client.call('PATCH', `/v1/sessions/${sessionId}`, { title: 'x' });
      expectProblem(answer, 503, 'database.unavailable');
      expect(answer.body.detail).toBe('The database is too busy at the moment; try again');
    } finally {
      await unlock();
    }
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=',
    'limit=0x5',
    'limit=1e1',
    'limit=%205',
    'cursor=%00',
    'cursor=nonsense',
  ])('refuses a list with %s', async (query) => {
    for (const path of [
      '/v1/sessions',
      `/v1/sessions/${sessionId}/messages`,
      `/v1/sessions/${sessionId}/runs`,
    ]) {
      const answer = await app.client.get(`${path}?${query}`);
      expectProblem(answer, 400, 'request.invalid');
      expect(answer.body.errors[0].field).toBe(query.split('=')[0]);
    }
  });

  it.each(['q', 'workspace'])('refuses NUL in the %s of a search', async (field) => {
    const answer = await app.client.get(`/v1/sessions?${field}=a%00b`);
    expectProblem(answer, 400, 'request.invalid');
    expect(answer.body.errors).toEqual([{ field, message: 'contains a NUL character' }]);
  });

  it.each(['', '0x10', '1e9', '%205', '+5', '-1', '1.5'])('refuses an age of %j', async (age) => {
    const answer = await app.client.get(`/v1/runs?older_than_seconds=${age}`);
    expectProblem(answer, 400, 'request.invalid');
    expect(answer.body.errors[0].field).toBe('older_than_seconds');
    expect((await app.client.get('/v1/runs?older_than_seconds=5')).status).toBe(200);
  });

  it('refuses a tool result with a whole number that it could not keep, instead of changing it', async () => {
    app.model.script(reads(), { text: 'Done.' });
    const asked = await app.client.ask(sessionId, 'Look', { agent: 'coder' });
    const callId = callIn(asked);
    const send = (result: string) =>
      app.client.post(
        `/v1/sessions/${sessionId}/messages`,
        `{"type":"tool_result","call_id":"${callId}","result":${result}}`,
      );
    for (const result of ['12345678901234567891', '{"rows":[{"id":-9007199254740993}]}']) {
      const refused = await send(result);
      expectProblem(refused, 400, 'request.invalid');
      expect(refused.body.errors[0]).toMatchObject({
        field: 'result',
        message: expect.stringContaining('2^53'),
      });
    }
    expect((await send('{"rows":[{"id":9007199254740991,"x":1.5e300}]}')).status).toBe(400);
    expect((await send('{"rows":[{"id":9007199254740991,"x":0.1}]}')).status).toBe(202);
  });

  it('refuses unknown agents, and those that can never be the current agent', async () => {
    for (const agent of ['nobody', 'synopsis_manager']) {
      const message = { type: 'user_message', content: 'hi', agent };
      expectProblem(await app.client.input(sessionId, message), 404, 'agent.not_found');
      expectProblem(
        await app.client.input(sessionId, { type: 'switch_agent', agent }),
        404,
        'agent.not_found',
      );
      expectProblem(await app.client.post('/v1/sessions', { agent }), 404, 'agent.not_found');
    }
  });

  it('keeps a client’s request id where it is sound and makes one where it is not', async () => {
    const sound = await app.client.call('GET', '/v1/agents', undefined, { 'x-request-id': 'plugin-7' });
    expect(sound.headers.get('x-request-id')).toBe('plugin-7');
    const unsound = await app.client.call('GET', '/v1/agents', undefined, { 'x-request-id': 'a b<script>' });
    expect(unsound.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lets no internal word out when something breaks inside', async () => {
    await app.database.rows('alter table sessions rename column title to renamed');
    try {
      const answer = await app.client.get('/v1/sessions');
      expectProblem(answer, 500, 'internal');
      expect(JSON.stringify(answer.body)).not.toMatch(/column|select|title.*exist|at .*\(/);
    } finally {
      await app.database.rows('alter table sessions rename column renamed to title');
    }
  });

  it('drops a reader that does not read, and serves the others', async () => {
    const limits = { ...PACE_LIMITS };
    Object.assign(PACE_LIMITS, { leastBytesPerMs: 1024, graceMs: 2_000 });
    onTestFinished(() => void Object.assign(PACE_LIMITS, limits));
    const events = 300;
    const reading = app.client.readUntil(sessionId, (event) => event.id === String(events));
    const { port } = new URL(app.client.url);
    const idle = connect(Number(port), '127.0.0.1');
    idle.on('error', () => undefined); // being dropped is what is expected
    idle.pause();
    idle.write(`GET /v1/sessions/${sessionId}/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 2']));

    const text = 'x'.repeat(100_000);
    for (let n = 0; n < events; n++) {
      await app.nest.get(UnitOfWork).run('test_record', async (tx) => tx.record(fact(sessionId, text)));
    }
    expect(await reading).toHaveLength(events);
    await eventually(
      async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 0']),
      20_000,
    );
    idle.destroy();
  });

  it('lets a reader take its time with a long log', async () => {
    await app.database.rows(
      `insert into events (session_id, seq, run_id, type, data, created_at)
         select $1, n, null, 'message.discarded', json_build_object('message_id', 'm', 'reason', repeat('x', 20000)), now()
           from generate_series(1, 2000) as n`,
      [sessionId],
    );
    await app.database.rows('update event_streams set last_seq = 2000 where session_id = $1', [sessionId]);
    const seen = await app.client.readUntil(sessionId, (event) => event.id === '2000');
    expect(seen.map((event) => Number(event.id))).toEqual(Array.from({ length: 2000 }, (_, n) => n + 1));
  });
});
