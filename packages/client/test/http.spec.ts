import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentRuntime, type Options, Problem, type Retry } from '../src/index.ts';
import { ScriptedServer, json, problem } from './support/scripted-server.ts';

const SESSIONS = 'POST /v1/sessions';
const NOW = { 'retry-after': '0' };

let server: ScriptedServer;
let retries: Retry[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  server = new ScriptedServer();
  retries = [];
});
afterEach(() => {
  vi.useRealTimers();
});

const client = (more: Partial<Options> = {}) =>
  new AgentRuntime({
    url: 'http://server.test/',
    fetch: server.fetch,
    onRetry: (retry) => retries.push(retry),
    ...more,
  });

/** The outcome, for which no time is lost. */
async function soon<T>(work: Promise<T>): Promise<T> {
  await runTimers(work);
  return work;
}

async function runTimers(work: Promise<unknown>): Promise<void> {
  const settled = work.then(
    () => true,
    () => true,
  );
  const notYet = () => new Promise<false>((wake) => setImmediate(wake, false));
  while (!(await Promise.race([settled, notYet()]))) await vi.advanceTimersByTimeAsync(100);
}

describe('a request', () => {
  it.each<[string, Response | Error]>([
    ['a connection that broke', new TypeError('fetch failed')],
    ['408', problem(408, 'request.timed_out')],
    ['429', problem(429, 'request.rate_limited', {}, NOW)],
    ['500', problem(500, 'internal')],
    ['502 of a proxy', new Response('<html>Bad Gateway</html>', { status: 502 })],
    ['503', problem(503, 'server.draining', {}, NOW)],
    ['an answer that is cut off', new Response('{"id":')],
    ['a change that came first', problem(409, 'state.changed_meanwhile')],
  ])('is repeated with its key after %s', async (_, trouble) => {
    server.on(SESSIONS, trouble, trouble, json({ id: 's1' }, 201));
    expect(await soon(client().sessions.create({ title: 'T' }))).toEqual({ id: 's1' });
    const keys = server.to(SESSIONS).map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toEqual([keys[0], keys[0], keys[0]]);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(retries.map(({ request }) => request)).toEqual([SESSIONS, SESSIONS]);
  });

  it.each([400, 403, 404, 409, 413, 415, 422])('is not repeated after %i', async (status) => {
    const errors = [{ field: 'title', message: 'is too long' }];
    server.on(SESSIONS, problem(status, 'test.refused', { errors, limit: 7 }));
    const refusal = await client()
      .sessions.create()
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Problem);
    expect(refusal).toMatchObject({
      ...{ status, code: 'test.refused', detail: 'test.refused it is', requestId: 'r1', errors },
      body: { limit: 7 },
    });
    expect(server.asked).toHaveLength(1);
  });

  it('has another key each time it is made, or the one that it is given', async () => {
    server.on(SESSIONS, json({ id: 's1' }, 201));
    await client().sessions.create();
    await client().sessions.create();
    await client().sessions.create({}, { idempotencyKey: 'mine' });
    const keys = server.to(SESSIONS).map(({ headers }) => headers.get('idempotency-key'));
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe('mine');
  });

  it('is given up when the time for it is over, with the last error', async () => {
    server.on(SESSIONS, new TypeError('fetch failed'));
    const begunAt = Date.now();
    await expect(soon(client({ retryFor: 20_000 }).sessions.create())).rejects.toThrow('fetch failed');
    expect(server.asked.length).toBeGreaterThan(4);
    expect(Date.now() - begunAt).toBeLessThanOrEqual(20_000);
  });

  it('waits as long as the server says, and not at all where that is too long', async () => {
    server.on(SESSIONS, problem(429, 'request.rate_limited', {}, { 'retry-after': '7' }), json({ id: 's1' }));
    await soon(client().sessions.create());
    expect(retries.map(({ pause }) => pause)).toEqual([7_000]);
    server.on(SESSIONS, problem(429, 'request.rate_limited', {}, { 'retry-after': '60' }));
    await expect(client().sessions.create()).rejects.toMatchObject({ retryAfter: 60_000 });
  });

  it('is sent again when no answer comes in time', async () => {
    const never = (_: unknown, signal: AbortSignal) =>
      new Promise<Response>((__, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    server.on('GET /v1/me', never, json({ data: [] }));
    expect(await soon(client({ timeout: 5_000 }).account.me())).toEqual({ data: [] });
    expect(retries[0]!.error).toMatchObject({ name: 'TimeoutError' });
  });

  it.each(['of the call', 'of the client'])('ends by the signal %s, between two tries', async (whose) => {
    server.on('GET /v1/me', new TypeError('fetch failed'));
    const ending = new AbortController();
    const reason = new Error('enough');
    const signal = { signal: ending.signal };
    const onRetry = () => ending.abort(reason);
    const runtime = client({ onRetry, ...(whose === 'of the client' && signal) });
    await expect(soon(runtime.account.me(whose === 'of the call' ? signal : {}))).rejects.toBe(reason);
    expect(server.asked).toHaveLength(1);
  });

  it('that is left during a try is not repeated', async () => {
    const leaving = new AbortController();
    server.on('GET /v1/me', () => {
      leaving.abort(new Error('enough'));
      throw new TypeError('fetch failed');
    });
    await expect(client().account.me({ signal: leaving.signal })).rejects.toThrow('enough');
    expect(retries).toEqual([]);
  });

  it('that deletes has succeeded where its repeat finds nothing', async () => {
    server.on('DELETE /v1/sessions/s1', new TypeError('fetch failed'), problem(404, 'session.not_found'));
    await soon(client().sessions.delete('s1'));
    await expect(client().sessions.delete('s1')).rejects.toMatchObject({ status: 404 });
  });

  it('is answered by the text of a tool as it is', async () => {
    server.on('GET /v1/tool-calls/c1/result', new Response('{"not": parsed'));
    expect(await client().toolCalls.result('c1')).toBe('{"not": parsed');
  });

  it('escapes ids, and leaves out what is not asked for', async () => {
    server.on('GET /v1/sessions/a%2F..%2Fb%3F', json({ id: 'x' }));
    await client().sessions.get('a/../b?');
    server.on('GET /v1/jobs', json({ data: [], has_more: false, next_cursor: null }));
    await client().jobs.list({ session_id: 's&1', limit: 5 }).all();
    expect(server.to('GET /v1/jobs')[0]!.query).toEqual({ session_id: 's&1', limit: '5' });
  });
});

describe('a token', () => {
  it('that a function makes is asked for each time, and again with the one that was refused', async () => {
    const tokens = ['old', 'new', 'new'];
    const token = vi.fn<(refused?: string) => Promise<string>>(() => Promise.resolve(tokens.shift()!));
    server.on('GET /v1/me', ({ headers }) =>
      headers.get('authorization') === 'Bearer new' ? json({ data: [] }) : problem(401, 'auth.required'),
    );
    const runtime = client({ token });
    await runtime.account.me();
    await runtime.account.me();
    expect(token.mock.calls).toEqual([[], ['old'], []]);
  });

  it.each<[string, Options['token'], number]>([
    ['a text', 'revoked', 1],
    ['a function, twice', () => 'revoked', 2],
  ])('that is refused, from %s, ends the request', async (_, token, times) => {
    server.on('GET /v1/me', problem(401, 'auth.required'));
    await expect(client({ token: token! }).account.me()).rejects.toMatchObject({ code: 'auth.required' });
    expect(server.asked).toHaveLength(times);
  });

  it('that cannot be had yet is waited for', async () => {
    server.on('GET /v1/me', json({ data: [] }));
    const token = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new Error('no sign-in yet'))
      .mockResolvedValue('t');
    expect(await soon(client({ token }).account.me())).toEqual({ data: [] });
    expect(retries).toMatchObject([{ error: { message: 'no sign-in yet' } }]);
  });
});

describe('a list', () => {
  const page = (data: number[], next: string | null) =>
    json({ data, has_more: next !== null, next_cursor: next });

  it('is read page after page, or one page, or whole', async () => {
    server.on('GET /v1/sessions', ({ query }) =>
      query['cursor'] === 'c' ? page([3], null) : page([1, 2], 'c'),
    );
    const list = client().sessions.list({ limit: 2 });
    const seen: unknown[] = [];
    for await (const session of list) seen.push(session);
    expect(seen).toEqual([1, 2, 3]);
    expect(await list.all()).toEqual([1, 2, 3]);
    expect((await list.page('c')).data).toEqual([3]);
    expect(server.asked.map(({ query }) => query['cursor'])).toEqual([undefined, 'c', undefined, 'c', 'c']);
    expect(server.asked.every(({ query }) => query['limit'] === '2')).toBe(true);
  });
});
