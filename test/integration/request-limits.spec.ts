import { readFileSync } from 'node:fs';
import { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConversationQueries } from '../../src/modules/conversations/index.js';
import { logFields } from '../../src/shared/application/log-context.js';
import { READ_LIMITS } from '../../src/shared/api/read-limit.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';
import { exchange } from './support/raw-client.js';

describe('The rate of requests', () => {
  let database: TestDatabase;
  let apps: TestApp[];

  const start = async (limit: string) => {
    const app = await TestApp.start({ AUTH_MODE: 'api_key', RATE_LIMIT_PER_MINUTE: limit }, { database });
    apps.push(app);
    return app;
  };

  beforeEach(async () => {
    apps = [];
    database = await TestDatabase.create();
  });
  afterEach(async () => {
    for (const app of apps) await app.stop();
    await database.drop();
  });

  it('is limited by user, over all routes and instances together, for what changes something', async () => {
    const [one, two] = [await start('5'), await start('5')];
    const alice = await one.as('alice');
    const elsewhere = two.client.with({ authorization: authorizationOf(alice) });
    const sessionId = await alice.openSession();
    const statuses = [
      (await elsewhere.post('/v1/sessions')).status,
      (await alice.call('PATCH', `/v1/sessions/${sessionId}`, { title: 'x' })).status,
      (await elsewhere.call('DELETE', `/v1/sessions/${sessionId}`)).status,
      (await alice.post('/v1/sessions', { title: 5 })).status, // faulty ones count as well
    ];
    expect(statuses).toEqual([201, 200, 204, 400]);

    for (const client of [alice, elsewhere]) {
      const { status, body, headers } = await client.post('/v1/sessions');
      expect([status, body.code]).toEqual([429, 'request.rate_limited']);
      expect(body.limit).toEqual({ name: 'RATE_LIMIT_PER_MINUTE', value: 5 });
      const wait = Number(headers.get('retry-after'));
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(60);
    }
    expect((await alice.get('/v1/sessions')).status).toBe(200); // to look is free
    expect((await (await one.as('bob')).post('/v1/sessions')).status).toBe(201);
    const rows = await database.rows('select count(*)::int as n from sessions where deleted_at is null');
    expect(rows).toEqual([{ n: 2 }]);

    await database.rows(`update request_rates set window_ends_at = now() - interval '1 ms'`);
    const later = (await start('5')).client.with({ authorization: authorizationOf(alice) });
    expect((await later.post('/v1/sessions')).status).toBe(201);
    const [rate] = await database.rows(`select requests from request_rates where user_id = 'alice'`);
    expect(rate).toEqual({ requests: 1 });
  });

  it('is not passed when all come at once to two instances, which take a few requests at a time', async () => {
    const [one, two] = [await start('60'), await start('60')];
    const alice = await one.as('alice');
    const elsewhere = two.client.with({ authorization: authorizationOf(alice) });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => (n % 2 ? alice : elsewhere).post('/v1/sessions')),
    );
    const statuses = Map.groupBy(answers, ({ status }) => status);
    expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([201, 429]);
    expect(statuses.get(201)).toHaveLength(60);
    const [rate] = await database.rows<{ requests: number }>('select requests from request_rates');
    expect(rate!.requests).toBeLessThanOrEqual(60 + 2 * 2); // each asks once more, and then no more
  });
});

const authorizationOf = (client: object): string => /Bearer [\w-]+/.exec(JSON.stringify(client))![0];

describe('Event streams of a user', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await TestApp.start({ AUTH_MODE: 'api_key', SSE_CONNECTIONS_PER_USER: '2' });
  });
  afterEach(() => app.stop());

  it('are limited; one that ends makes room, and one that is refused has done nothing', async () => {
    const alice = await app.as('alice');
    const sessionId = await alice.openSession();
    const path = `/v1/sessions/${sessionId}/events`;
    const [first] = [await alice.open(path), await alice.open(path)];

    const refused = await alice.get(path);
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      429,
      'stream.too_many',
      '10',
    ]);
    const message = { type: 'user_message', content: 'hello', agent: 'coder' };
    expect((await alice.post(`/v1/sessions/${sessionId}/messages/stream`, message)).status).toBe(429);
    expect(await app.database.rows('select 1 from runs')).toEqual([]);

    const bob = await app.as('bob');
    const his = await bob.open(`/v1/sessions/${await bob.openSession()}/events`);
    await first.return(undefined);
    const again = await eventually(() => alice.open(path));
    for (const stream of [again, his]) await stream.return(undefined);
  });
});

describe('The description of the API', () => {
  const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
  };
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { responses }]) => ({ path, method, responses })),
  );

  const streams = ({ responses }: (typeof routes)[number]) =>
    JSON.stringify(responses).includes('text/event-stream');

  it('names the limit of streams on every route that streams', () => {
    const streaming = routes.filter(({ responses }) =>
      JSON.stringify(responses).includes('text/event-stream'),
    );
    expect(streaming).toHaveLength(4);
    for (const { responses } of streaming) {
      expect(responses['429']?.description).toContain('stream.too_many');
    }
  });

  it('names the limit of reads on every route that is read', () => {
    const reads = routes.filter(
      (route) => route.path.startsWith('/v1/') && route.method === 'get' && !streams(route),
    );
    expect(reads.length).toBeGreaterThan(10);
    for (const { path, responses } of reads) {
      expect(responses['429']?.description, path).toContain('read.too_many');
    }
  });
});

describe('Reads of a user', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await TestApp.start({ AUTH_MODE: 'api_key' });
  });
  afterEach(() => app.stop());

  /** Pages of messages that are read only when the test lets them. */
  const hold = () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const pages = { begun: 0, atWork: 0, mostAtWork: 0, requests: new Set<unknown>(), release };
    vi.spyOn(app.nest.get(ConversationQueries), 'list').mockImplementation(async () => {
      pages.begun++;
      pages.requests.add(logFields()['request_id']);
      pages.mostAtWork = Math.max(pages.mostAtWork, ++pages.atWork);
      await released;
      pages.atWork--;
      return { data: [], hasMore: false, nextCursor: null };
    });
    return pages;
  };
  const { atOnce, waiting } = READ_LIMITS;
  const oneTooMany = <T>(read: () => Promise<T>) => Array.from({ length: atOnce + waiting + 1 }, read);

  it('take turns, and are refused beyond those that may wait; streams, writes and other users do not wait', async () => {
    const [alice, bob] = [await app.as('alice'), await app.as('bob')];
    const sessionId = await alice.openSession();
    const pages = hold();
    const answers = oneTooMany(() => alice.get(`/v1/sessions/${sessionId}/messages`));
    const { status, body, headers } = await Promise.race(answers);
    expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'read.too_many', '1']);
    await eventually(() => expect(pages.begun).toBe(atOnce));
    expect((await bob.get('/v1/agents')).status).toBe(200);
    const stream = await alice.open(`/v1/sessions/${sessionId}/events`);
    await stream.return(undefined);
    expect((await alice.post('/v1/sessions')).status).toBe(201);
    pages.release();
    const taken = (await Promise.all(answers)).filter((answer) => answer.status === 200);
    expect([taken.length, pages.begun, pages.mostAtWork]).toEqual([
      ...[atOnce + waiting, atOnce + waiting, atOnce],
    ]);
    expect(pages.requests.size).toBe(pages.begun); // each logs under the id of its own request
  });

  it('do not begin for a client that has left while it waited', async () => {
    const alice = await app.as('alice');
    const url = `${app.client.url}/v1/sessions/${await alice.openSession()}/messages`;
    let open = 0;
    app.nest.getHttpServer().on('request', (_request: unknown, response: ServerResponse) => {
      open++;
      response.once('close', () => open--);
    });
    const pages = hold();
    const leaving = new AbortController();
    const reads = oneTooMany(() => fetch(url, { headers: alice.headers, signal: leaving.signal }));
    expect((await Promise.race(reads)).status).toBe(429);
    leaving.abort();
    await Promise.allSettled(reads);
    await eventually(() => expect(open).toBe(0));
    pages.release();
    expect((await alice.get('/v1/agents')).status).toBe(200); // after those before it
    expect(pages.begun).toBe(atOnce);
  });
});

describe('A request', () => {
  let app: TestApp;

  afterEach(() => app.stop());

  const codeOf = async (bytes: string) => {
    const answer = await exchange(app.client.url, bytes);
    return [answer?.status, JSON.parse(answer?.body ?? '{}').code];
  };

  it('whose headers are too large is refused', async () => {
    app = await TestApp.start();
    const asking = `GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(17_000)}\r\n\r\n`;
    expect(await codeOf(asking)).toEqual([431, 'request.headers_too_large']);
  });

  it('whose client waits for 100 Continue is asked for its body when nothing else is at fault', async () => {
    app = await TestApp.start({ AUTH_MODE: 'api_key' });
    const authorization = authorizationOf(await app.as('alice'));
    const post = (fields: string, body = '') =>
      exchange(
        app.client.url,
        `POST /v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n${fields}\r\n\r\n${body}`,
      );
    const credentials = `Authorization: ${authorization}`;
    const json = 'Content-Type: application/json';
    const outcomes = [
      await post(`${json}\r\nContent-Length: 2`),
      await post(`${credentials}\r\nContent-Type: text/plain\r\nContent-Length: 2`),
      await post(`${credentials}\r\n${json}\r\nContent-Length: 2097153`),
      await post(`${credentials}\r\n${json}\r\nContent-Length: 2`, '{}'),
    ];
    expect(outcomes.map((answer) => [answer?.continued, answer?.status])).toEqual([
      [false, 401],
      [false, 415],
      [false, 413],
      [true, 201],
    ]);
  });

  it('that does not get on is given up, be it in its headers or in its body', async () => {
    app = await TestApp.start(
      {},
      { http: { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 } },
    );
    const headers = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n';
    const refused = await Promise.all([
      codeOf(`POST /v1/sessions HTTP/1.1\r\n${headers}`),
      codeOf(`POST /v1/sessions HTTP/1.1\r\n${headers}\r\n{"title":`),
    ]);
    expect(refused).toEqual([
      [408, 'request.timed_out'],
      [408, 'request.timed_out'],
    ]);
    expect(await app.database.rows('select 1 from sessions')).toEqual([]);
  });

  it('that is answered by a stream may take longer than that', async () => {
    app = await TestApp.start(
      { SSE_HEARTBEAT_SECONDS: '1' },
      { http: { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 } },
    );
    const stream = await app.client.open(`/v1/sessions/${await app.client.openSession()}/events`);
    let text = '';
    while (!text.includes('heartbeat')) text += (await stream.next()).value;
    await stream.return(undefined);
  });
});

describe('A page in a browser', () => {
  let app: TestApp;

  afterEach(() => app.stop());

  const preflight = (origin: string, method = 'POST', header = 'content-type') =>
    app.client.call('OPTIONS', '/v1/sessions', undefined, {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': header,
    });

  it('of another origin may not ask, unless the operator allows the origin', async () => {
    app = await TestApp.start();
    const { headers } = await preflight('https://evil.example');
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      const { status, body } = await app.client.call('POST', '/v1/sessions', {}, { origin });
      expect([status, body.code]).toEqual([403, 'request.origin_not_allowed']);
    }
    const own = await app.client.call('POST', '/v1/sessions', {}, { origin: app.client.url });
    expect(own.status).toBe(201);
  });

  it('may ask from an origin of the list, and read what matters', async () => {
    const origin = 'https://ide.example';
    app = await TestApp.start({ CORS_ALLOWED_ORIGINS: `${origin},vscode-webview://panel` });
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBe(origin);
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const { status, headers } = await app.client.call('POST', '/v1/sessions', {}, { origin });
    expect(status).toBe(201);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')).toContain('x-request-id');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('may send every header that a route reads, and no other', async () => {
    const origin = 'https://ide.example';
    app = await TestApp.start({ CORS_ALLOWED_ORIGINS: origin });
    const { status, headers } = await preflight(origin, 'GET', 'if-none-match');
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-headers')?.split(',').toSorted()).toEqual([
      ...['authorization', 'content-type', 'idempotency-key', 'if-none-match', 'last-event-id'],
      ...['traceparent', 'x-request-id'],
    ]);
  });

  it('may ask by preflight without credentials where users need them', async () => {
    const origin = 'https://ide.example';
    app = await TestApp.start({ AUTH_MODE: 'api_key', CORS_ALLOWED_ORIGINS: origin });
    const { status, headers } = await preflight(origin);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    expect(headers.get('access-control-allow-headers')).toContain('authorization');
    const answer = await app.client.call('GET', '/v1/sessions', undefined, { origin });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });

  it('that has given its own name a loopback address is refused, unless users are known', async () => {
    app = await TestApp.start();
    const asking = 'GET /v1/sessions HTTP/1.1\r\nHost: evil.example\r\n\r\n';
    const answer = await exchange(app.client.url, asking);
    expect(answer).toMatchObject({ status: 403, body: expect.stringContaining('request.host_not_allowed') });
    await app.stop();
    app = await TestApp.start({ AUTH_MODE: 'api_key' });
    expect(await exchange(app.client.url, asking)).toMatchObject({ status: 401 });
  });

  it('gets the headers that keep it in its place', async () => {
    app = await TestApp.start();
    const { headers } = await app.client.get('/docs');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    // Of the domain, the proxy that encrypts knows more.
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });
});
