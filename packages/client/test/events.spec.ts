import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentRuntime, type Options, Problem, type Retry, type RuntimeEvent } from '../src/index.ts';
import {
  ScriptedServer,
  event,
  finished,
  json,
  problem,
  silentStream,
  stream,
} from './support/scripted-server.ts';

const EVENTS = 'GET /v1/sessions/s1/events';
const OF_RUN = 'GET /v1/runs/r1/events';

let server: ScriptedServer;
let retries: Retry[];
let ending: AbortController;

beforeEach(() => {
  server = new ScriptedServer();
  retries = [];
  ending = new AbortController();
});
afterEach(() => ending.abort());

const client = (more: Partial<Options> = {}) =>
  new AgentRuntime({
    url: 'http://server.test',
    fetch: server.fetch,
    signal: ending.signal,
    onRetry: (retry) => retries.push(retry),
    ...more,
  });

async function take(events: AsyncIterable<RuntimeEvent>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of events) if (ids.push(id) === count) break;
  return ids;
}

const cursors = (route: string) => server.to(route).map(({ headers }) => headers.get('last-event-id'));

describe('the events of a session', () => {
  it('come once and in order, over streams that end in order, break and repeat', async () => {
    server.on(
      EVENTS,
      stream(event(1, 'a'), event(2, 'b')),
      new TypeError('fetch failed'),
      stream(event(2, 'b'), event(1, 'a'), event(3, 'c')),
      stream(),
      problem(503, 'server.draining', {}, { 'retry-after': '0' }),
      new Response('<html>please log in</html>', { headers: { 'content-type': 'text/html' } }),
      stream(event(10, 'd')),
    );
    expect(await take(client().events('s1', { after: '0' }), 4)).toEqual(['1', '2', '3', '10']);
    expect(cursors(EVENTS)).toEqual(['0', '2', '2', '3', '3', '3', '3']);
    expect(retries).toHaveLength(6);
  });

  it('are resumed by the cursor that a stream opens with, where nothing has happened yet', async () => {
    server.on(EVENTS, stream(), stream(event(1, 'a')));
    expect(await take(client().events('s1'), 1)).toEqual(['1']);
    expect(cursors(EVENTS)).toEqual([null, '0']);
  });

  it('begin with the first one also where the stream opens without a cursor', async () => {
    const body = `id: 1\ndata: ${JSON.stringify(event(1, 'a'))}\n\n`;
    server.on(EVENTS, new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    expect(await take(client().events('s1'), 1)).toEqual(['1']);
  });

  it('are opened anew when nothing comes for a while, and the old connection is let go', async () => {
    let isLeft = false;
    server.on(
      EVENTS,
      (asked, signal) => {
        signal.addEventListener('abort', () => (isLeft = true));
        return silentStream(event(1, 'a'))(asked, signal);
      },
      stream(event(2, 'b')),
    );
    expect(await take(client({ silence: 30 }).events('s1'), 2)).toEqual(['1', '2']);
    expect(retries[0]!.error).toMatchObject({ name: 'TimeoutError' });
    expect(isLeft).toBe(true);
  });

  it.each([400, 401, 403, 404])('end with the problem where the server answers %i', async (status) => {
    server.on(EVENTS, problem(status, 'test.refused'));
    await expect(take(client().events('s1'), 1)).rejects.toThrow(Problem);
    expect(server.asked).toHaveLength(1);
  });

  it('go on with a new token when the old one has expired', async () => {
    const tokens = ['old', 'old', 'new'];
    server.on(EVENTS, ({ headers }) =>
      headers.get('last-event-id') === '1' && headers.get('authorization') === 'Bearer old'
        ? problem(401, 'auth.required')
        : stream(event(Number(headers.get('last-event-id')) + 1, 'a')),
    );
    const events = client({ token: () => tokens.shift() ?? 'new' }).events('s1', { after: '0' });
    expect(await take(events, 3)).toEqual(['1', '2', '3']);
  });

  it('go back where the log was set back', async () => {
    server.on(
      EVENTS,
      stream(event(4, 'stream.reset', { reason: 'cursor_ahead', resume_after: '4' }), event(5, 'a')),
      stream(event(6, 'b')),
    );
    expect(await take(client().events('s1', { after: '90' }), 3)).toEqual(['4', '5', '6']);
    expect(cursors(EVENTS)).toEqual(['90', '5']);
  });

  it('end by a signal, without an error', async () => {
    server.on(EVENTS, silentStream(event(1, 'a')));
    const leaving = new AbortController();
    const ids: string[] = [];
    for await (const { id } of client().events('s1', { signal: leaving.signal })) {
      ids.push(id);
      leaving.abort();
    }
    expect(ids).toEqual(['1']);
  });

  it('let go of the connection when their reader leaves', async () => {
    let isLeft = false;
    server.on(EVENTS, (asked, signal) => {
      signal.addEventListener('abort', () => (isLeft = true));
      return silentStream(event(1, 'a'))(asked, signal);
    });
    await take(client().events('s1'), 1);
    expect(isLeft).toBe(true);
  });
});

describe('the events of a run', () => {
  it('end with its last one', async () => {
    server.on('GET /v1/runs/r1', json({ status: 'running' }));
    server.on(OF_RUN, stream(event(1, 'a')), silentStream(finished(2)));
    expect(await take(client().runs.events('r1'), 9)).toEqual(['1', '2']);
  });

  it('end where it had ended before the cursor', async () => {
    server
      .on(OF_RUN, stream())
      .on('GET /v1/runs/r1', json({ status: 'running' }), json({ status: 'completed' }));
    expect(await take(client().runs.events('r1', { after: '2' }), 9)).toEqual([]);
    expect(server.to(OF_RUN)).toHaveLength(2);
  });
});

describe('the hints over all sessions', () => {
  const ACTIVITY = 'GET /v1/activity';
  const hints = (...all: object[]) =>
    new Response(`: open\nretry: 10\n\n${all.map((hint) => `data: ${JSON.stringify(hint)}\n\n`).join('')}`, {
      headers: { 'content-type': 'text/event-stream' },
    });

  it('come without a cursor, over connections that end, break, or have lost their token', async () => {
    server.on(
      ACTIVITY,
      hints({ type: 'refetch' }, { type: 'activity', session_id: 's1', what: ['run'] }),
      new TypeError('fetch failed'),
      problem(401, 'auth.required'),
      hints({ type: 'refetch' }),
    );
    const token = vi.fn<(refused?: string) => string>(() => 'key');
    const seen: string[] = [];
    for await (const { type } of client({ token }).sessions.activity()) if (seen.push(type) === 3) break;
    expect(seen).toEqual(['refetch', 'activity', 'refetch']);
    expect(cursors(ACTIVITY)).toEqual([null, null, null, null]);
    expect(token.mock.calls).toEqual([[], [], [], ['key']]);
  });
});

describe('what follows an input', () => {
  it('is joined again by the same key, and ends at the next rest', async () => {
    const route = 'POST /v1/sessions/s1/messages/stream';
    server.on(route, stream(event(1, 'a')), stream(event(1, 'a'), event(2, 'run.waiting', { for: [] })));
    const events = client().sessions.stream('s1', { type: 'user_message', content: 'Hi' });
    expect(await take(events, 9)).toEqual(['1', '2']);
    const keys = server.to(route).map(({ headers }) => headers.get('idempotency-key'));
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(keys[0]).not.toBeNull();
  });
});
