import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse, createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HTTP_LIMITS } from '../../src/http-server.js';
import { ProblemDto } from '../../src/shared/api/problem.dto.js';
import { exchange } from '../integration/support/raw-client.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { eventually } from '../support/eventually.js';
import { NginxServer } from '../support/nginx-server.js';

const LIMIT_BYTES = 2 * 1024 * 1024;
const RESULT_LIMIT_BYTES = 8 * 1024 * 1024;
/** Several times what all sockets on its way hold. */
const LONG_STREAM_BYTES = 128 * 1024 * 1024;
const PIECE = Buffer.alloc(65_536);

type Reply = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Stands for an API: notes what it is asked, and does with it what the test wants. */
class StubApi {
  readonly asked: { method: string; headers: IncomingHttpHeaders; port: number; bytes: number }[] = [];
  reply: Reply = (_request, response) => response.end('ok');

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      let bytes = 0;
      request.on('data', (data: Buffer) => (bytes += data.length));
      request.on('end', () => {
        const { method = '', headers, socket } = request;
        this.asked.push({ method, headers, port: socket.remotePort!, bytes });
        this.reply(request, response);
      });
    });
  }

  static async start(): Promise<StubApi> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StubApi(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

describe.skipIf(isLeftOutWithout('nginx'))('nginx before two APIs', () => {
  let apis: [StubApi, StubApi];
  let nginx: NginxServer;

  beforeEach(async () => {
    apis = [await StubApi.start(), await StubApi.start()];
    nginx = await NginxServer.start([apis[0].port, apis[1].port]);
  });
  afterEach(async () => {
    await nginx?.stop();
    await Promise.all(apis.map((api) => api.stop()));
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${nginx.url}${path}`, { headers });
  const post = (body: string | Buffer = '{}', path = '/v1/sessions') =>
    fetch(`${nginx.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
  const asked = () => apis.flatMap((api) => api.asked);
  const both = (reply: Reply) => {
    for (const api of apis) api.reply = reply;
  };
  const expectProblem = async (response: Response, status: number, code: string) => {
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = ProblemDto.parse(await response.json());
    expect([response.status, problem.status, problem.code]).toEqual([status, status, code]);
    expect(problem.type).toBe(`urn:agent-runtime:problem:${code}`);
    expect(problem.request_id).toBe(response.headers.get('x-request-id'));
  };

  it('hands on whom a request was sent to, by whom, and what it is called', async () => {
    await get('/v1/sessions', { 'x-request-id': 'mine:1', 'last-event-id': '7', authorization: 'Bearer x' });
    const { host } = new URL(nginx.url);
    expect(asked()[0]!.headers).toMatchObject({
      host,
      'x-request-id': 'mine:1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': host,
      'last-event-id': '7',
      authorization: 'Bearer x',
    });
    expect(await nginx.requests()).toMatchObject([
      { request_id: 'mine:1', url: '/v1/sessions', status: 200 },
    ]);
  });

  it.each(['', 'with space', '"quoted"', 'x'.repeat(129)])(
    'gives a request an id of its own that is called %j',
    async (id) => {
      await get('/v1/sessions', { 'x-request-id': id });
      expect(asked()[0]!.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    },
  );

  it('logs neither the query nor what the APIs are asked by probes', async () => {
    await get('/health/ready');
    await get('/v1/sessions?cursor=secret');
    await eventually(async () => {
      const requests = await nginx.requests();
      expect(requests.map(({ url }) => url)).toEqual(['/v1/sessions']);
      expect(JSON.stringify(requests)).not.toContain('secret');
    });
  });

  it('keeps its connections to the APIs, and ends them before the APIs do', async () => {
    for (let count = 0; count < 6; count++) await (await get('/')).text();
    for (const api of apis) expect(new Set(api.asked.map(({ port }) => port)).size).toBe(1);
    const config = await readFile('deploy/nginx/nginx.conf', 'utf8');
    const [, seconds] = /upstream api \{[^}]*keepalive_timeout (\d+)s;/.exec(config) ?? [];
    expect(Number(seconds) * 1000).toBeLessThan(HTTP_LIMITS.keepAliveTimeout);
  });

  it('lets bodies through up to the limit of the server, and refuses larger ones as it does', async () => {
    const largest = await post(Buffer.alloc(LIMIT_BYTES, ' '));
    expect(largest.status).toBe(200);
    expect(asked().map(({ bytes }) => bytes)).toEqual([LIMIT_BYTES]);
    await expectProblem(await post(Buffer.alloc(LIMIT_BYTES + 1, ' ')), 413, 'request.too_large');
    await expectProblem(await post(Buffer.alloc(3_000_000, ' ')), 413, 'request.too_large');
    expect(asked()).toHaveLength(1);
    await eventually(async () =>
      expect((await nginx.requests()).at(-1)).toMatchObject({
        method: 'POST',
        url: '/v1/sessions',
        status: 413,
      }),
    );
  });

  it.each(['/v1/sessions/1/messages', '/v1/sessions/1/messages/stream'])(
    'lets larger bodies through where the results of tools arrive: %s',
    async (path) => {
      expect((await post(Buffer.alloc(RESULT_LIMIT_BYTES, ' '), path)).status).toBe(200);
      expect(asked()).toMatchObject([
        { bytes: RESULT_LIMIT_BYTES, headers: { host: new URL(nginx.url).host } },
      ]);
      const refused = await post(Buffer.alloc(RESULT_LIMIT_BYTES + 1, ' '), path);
      expect(await refused.clone().text()).toContain('send the end of it, or an `error`');
      await expectProblem(refused, 413, 'request.too_large');
      await expectProblem(await post(Buffer.alloc(3_000_000, ' '), `${path}/x`), 413, 'request.too_large');
      expect(asked()).toHaveLength(1);
    },
  );

  const LARGEST = HTTP_LIMITS.maxHeaderSize - 1024; // the rest is for the other headers

  it('lets headers and addresses through up to the limit of the server', async () => {
    const [token, cursor] = ['x'.repeat(LARGEST), 'y'.repeat(LARGEST)];
    expect((await get('/v1/sessions', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await get(`/v1/sessions?cursor=${cursor}`)).status).toBe(200);
    expect(asked().map(({ headers }) => headers.authorization)).toContain(`Bearer ${token}`);
  });

  it.each([
    [
      'a larger header',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17_000)}`,
      431,
      'request.headers_too_large',
    ],
    ['a larger address', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: x`, 431, 'request.headers_too_large'],
    ['something that is no HTTP', 'hello', 400, 'request.malformed'],
    ['a version that there is not', 'GET / HTTP/7.1\r\nHost: x', 400, 'request.malformed'],
    ['no host', 'GET / HTTP/1.1', 400, 'request.malformed'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: x\r\nHost: y', 400, 'request.malformed'],
    ['an unknown coding', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x', 400, 'request.malformed'],
    ['a method of proxies', 'TRACE / HTTP/1.1\r\nHost: x', 405, 'request.refused'],
    ['the address of its problems', 'GET /.problem HTTP/1.1\r\nHost: x', 404, 'route.not_found'],
  ])('answers %s by itself, with a problem as the server has them', async (_what, head, status, code) => {
    const answer = (await exchange(nginx.url, `${head}\r\n\r\n`))!;
    const { body, headers } = answer;
    await expectProblem(new Response(body, { status: answer.status, headers: [...headers] }), status, code);
    expect(asked()).toEqual([]);
  });

  it('shows each event when it happens, also where the API does not ask for it', async () => {
    const seen = new EventEmitter();
    both((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('1');
      // What comes with the headers is never held back.
      seen.once('1', () => response.write('2'));
      seen.once('12', () => response.end('3'));
    });
    const response = await get('/v1/sessions/1/events');
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      seen.emit(text);
    }
    expect(text).toBe('123');
  });

  it('takes no more of a stream than its reader does: that a reader is slow is for the API to know', async () => {
    let written = 0;
    const pieces = function* () {
      for (; written < LONG_STREAM_BYTES; written += PIECE.length) yield PIECE;
    };
    both((_request, response) => Readable.from(pieces()).pipe(response));
    const response = await get('/v1/sessions/1/events');
    let before = 0;
    await eventually(() => {
      const isMoving = written !== before;
      before = written;
      if (isMoving || written === 0) throw new Error(`still moving at ${written}`);
    });
    expect(written).toBeLessThan(LONG_STREAM_BYTES / 2);
    await response.body!.cancel();
  });

  it('ends its own reading when a reader leaves', async () => {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    both((_request, response) => {
      response.on('close', leave);
      response.writeHead(200).write('data: first\n\n');
    });
    const reader = new AbortController();
    const response = await fetch(`${nginx.url}/v1/sessions/1/events`, { signal: reader.signal });
    expect(response.status).toBe(200);
    reader.abort();
    await left;
  });

  it('sends no POST again that an API may have carried out, and says so', async () => {
    both((request) => request.socket.destroy());
    await expectProblem(await post(), 502, 'proxy.no_answer');
    expect(asked()).toHaveLength(1);
  });

  it('sends a GET again, to the other API', async () => {
    apis[0].reply = (request) => request.socket.destroy();
    for (let count = 0; count < 4; count++) expect((await get('/v1/sessions')).status).toBe(200);
  });

  it('sends a POST to the other API where one cannot be connected to', async () => {
    await apis[0].stop();
    for (let count = 0; count < 6; count++) expect((await post()).status).toBe(200);
    expect(apis[1].asked).toHaveLength(6);
  });

  it('asks the other API where one drains, for what changes nothing', async () => {
    apis[0].reply = (_request, response) => response.writeHead(503).end();
    for (let count = 0; count < 6; count++) expect((await get('/health/ready')).status).toBe(200);
    expect(apis[1].asked).toHaveLength(6);
  });

  it('hands on a 503 of both APIs, and still sends them the next requests', async () => {
    const reply = apis.map((api) => api.reply);
    both((_request, response) => response.writeHead(503).end('database.unavailable'));
    for (let count = 0; count < 6; count++) {
      const response = await get('/v1/sessions');
      expect([response.status, await response.text()]).toEqual([503, 'database.unavailable']);
    }
    apis.forEach((api, index) => (api.reply = reply[index]!));
    for (let count = 0; count < 6; count++) expect((await post()).status).toBe(200);
  });

  it('hands on what a draining API answers to a POST that has reached it', async () => {
    both((_request, response) => response.writeHead(503, { 'retry-after': '1' }).end('draining'));
    const response = await post();
    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([
      503,
      '1',
      'draining',
    ]);
    expect(asked()).toHaveLength(1);
  });

  it('answers with a problem while no API can be reached, and tells when to come again', async () => {
    await Promise.all(apis.map((api) => api.stop()));
    const response = await get('/v1/sessions');
    expect(response.headers.get('retry-after')).toBe('1');
    await expectProblem(response, 502, 'proxy.no_answer');
  });

  it('has a page for people where the console is, which asks again', async () => {
    await Promise.all(apis.map((api) => api.stop()));
    for (const path of ['/', '/console', '/console/sessions/1']) {
      const response = await get(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        502,
        'text/html; charset=utf-8',
      ]);
      expect(await response.text()).toMatch(/http-equiv="refresh".*No server answers just now/);
    }
    await expectProblem(await get('/consoles'), 502, 'proxy.no_answer');
    await expectProblem(await get('/.page'), 404, 'route.not_found');
  });
});
