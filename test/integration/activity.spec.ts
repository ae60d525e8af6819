import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventHub } from '../../src/shared/infrastructure/events/event-hub.js';
import { TestClient } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { writes } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

interface Hint {
  type: string;
  session_id?: string;
  what?: string[];
}

describe('the activity of a user', () => {
  let app: TestApp;
  let other: TestApp;
  const stops: AbortController[] = [];

  beforeAll(async () => {
    const env = { AUTH_MODE: 'api_key', SSE_CONNECTIONS_PER_USER: '2', SSE_HEARTBEAT_SECONDS: '1' };
    app = await TestApp.start(env);
    other = await TestApp.start(env, app);
  });
  afterAll(async () => {
    for (const stop of stops) stop.abort();
    await other.stop();
    await app.stop();
  });
  beforeEach(() => app.model.reset());

  /** The client of a user of the one instance at the other, too. */
  const elsewhere = (client: TestClient) => new TestClient(other.client.url, client.headers);

  async function watch(client: TestClient) {
    const stop = new AbortController();
    stops.push(stop);
    const response = await fetch(`${client.url}/v1/activity`, {
      headers: client.headers,
      signal: stop.signal,
    });
    const hints: Hint[] = [];
    const state = { status: response.status, hints, isOpen: true, stop };
    if (response.status !== 200) return state;
    const frames = response
      .body!.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    void (async () => {
      try {
        for await (const { id, event, data } of frames) {
          if (!data) continue;
          expect([id, event]).toEqual([undefined, JSON.parse(data).type]);
          hints.push(JSON.parse(data) as Hint);
        }
      } catch {
        // aborted by the test
      }
      state.isOpen = false;
    })();
    return state;
  }
  const whatOf = (hints: Hint[], sessionId: string) =>
    new Set(hints.filter(({ session_id }) => session_id === sessionId).flatMap(({ what }) => what));

  it('is told on every instance, merged by session, without pieces of answers, and to its user alone', async () => {
    const [alice, bob] = [await app.as('alice'), await app.as('bob')];
    const [here, there, foreign] = [await watch(alice), await watch(elsewhere(alice)), await watch(bob)];
    for (const { hints } of [here, there, foreign])
      await eventually(() => expect(hints).toEqual([{ type: 'refetch' }]));
    app.model.script(writes());
    const begunAt = performance.now();
    const sessionId = await alice.openSession({ agent: 'coder', title: undefined });
    await alice.ask(sessionId, 'Write it');
    const expected = new Set(['title', 'message', 'run', 'approval']);
    for (const { hints } of [here, there]) {
      await eventually(() => expect(whatOf(hints, sessionId)).toEqual(expected));
      expect(hints.length).toBeLessThanOrEqual(2 + (performance.now() - begunAt) / 250);
    }
    expect(foreign.hints).toEqual([{ type: 'refetch' }]);
    for (const each of [here, there, foreign]) each.stop.abort();
  });

  it('tells of a session that is deleted, whose streams end', async () => {
    const client = await app.as('fiona');
    const sessionId = await client.openSession();
    const { hints, stop } = await watch(elsewhere(client));
    await eventually(() => expect(hints).toHaveLength(1));
    const open = ({ url, headers }: TestClient) =>
      fetch(`${url}/v1/sessions/${sessionId}/events`, { headers });
    const streams = [await open(client), await open(elsewhere(client))];
    expect((await client.call('DELETE', `/v1/sessions/${sessionId}`)).status).toBe(204);
    for (const stream of streams) expect(await stream.text()).toMatch(/"type":"session\.deleted".*\n\n$/);
    expect((await open(client)).status).toBe(404);
    await eventually(() => expect(whatOf(hints, sessionId)).toEqual(new Set(['session'])));
    stop.abort();
  });

  it('is to be fetched anew where notices may have been missed', async () => {
    const { hints, stop } = await watch(await app.as('carol'));
    await eventually(() => expect(hints).toHaveLength(1));
    app.nest.get(EventHub).wakeAll();
    await eventually(() => expect(hints).toEqual([{ type: 'refetch' }, { type: 'refetch' }]));
    stop.abort();
  });

  it('counts among the streams of its user, and ends with the key', async () => {
    const dora = await app.as('dora');
    const streams = [await watch(dora), await watch(dora)];
    expect((await watch(dora)).status).toBe(429);
    await app.database.rows(`update api_keys set revoked_at = now() where user_id = 'dora'`);
    for (const stream of streams) await eventually(() => expect(stream.isOpen).toBe(false));
    expect((await watch(dora)).status).toBe(401);
  });

  it('takes no cursor and no query', async () => {
    const { status } = await (await app.as('erik')).get('/v1/activity?after=1');
    expect(status).toBe(400);
  });
});
