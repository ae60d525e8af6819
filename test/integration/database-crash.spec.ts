import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaLog } from '../../src/shared/application/delta-log.js';
import { eventually } from '../support/eventually.js';
import { SentEvent } from '../support/client.js';
import { TestApp } from '../support/test-app.js';

describe('a crash of PostgreSQL that forgets deltas which were shown', () => {
  let app: TestApp;
  let other: TestApp;
  let sessionId: string;
  let append: (text: string) => Promise<void>;

  beforeAll(async () => {
    app = await TestApp.start();
    other = await TestApp.start({}, { database: app.database, model: app.model });
  });
  afterAll(async () => {
    await other.stop();
    await app.stop();
  });
  beforeEach(async () => {
    sessionId = await app.client.openSession({ agent: 'ask' });
    const deltas = app.nest.get(DeltaLog);
    const message = {
      sessionId,
      messageId: crypto.randomUUID(),
      ...(await app.database.letWrite(sessionId)),
    };
    let offset = 0;
    append = async (text) => {
      deltas.append({ type: 'message.delta', ...message, offset, text });
      offset += text.length;
      await deltas.flushed(message.messageId);
    };
  });

  const stream = async () => {
    const [row] = await app.database.rows<{ last: number; reserved: number }>(
      `select last_seq::int as last, reserved_seq::int as reserved from event_streams where session_id = $1`,
      [sessionId],
    );
    return row!;
  };
  const sayOnOther = () => other.client.input(sessionId, { type: 'switch_agent', agent: 'coder' });

  it('never gives their numbers to other events, of any process', async () => {
    for (const text of ['one ', 'two ', 'three ']) await append(text);
    const shown = (await stream()).last;
    await app.database.crash(sessionId, 1);
    expect((await sayOnOther()).status).toBe(202);
    const { last } = await stream();
    expect(last).toBeGreaterThan(shown);
    // Once is enough.
    await append('four');
    expect((await stream()).last).toBe(last + 1);
  });

  it('never gives their numbers to other deltas', async () => {
    for (const text of ['one ', 'two ', 'three ']) await append(text);
    const shown = (await stream()).last;
    await app.database.crash(sessionId, 1);
    await append('four ');
    const { last } = await stream();
    expect(last).toBeGreaterThan(shown);
    await append('five');
    expect((await stream()).last).toBe(last + 1);
  });

  it('costs readers nothing that follows, neither those that come back nor those that stayed', async () => {
    for (const text of ['one ', 'two ', 'three ']) await append(text);
    const shown = (await stream()).last;
    const watching: SentEvent[][] = [[], []];
    const readings = [app, other].map(async ({ client }, index) => {
      for await (const event of client.events(`/v1/sessions/${sessionId}/events?after=${shown}`)) {
        watching[index]!.push(event);
        break;
      }
    });
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 2']));
    await app.database.crash(sessionId, 1);
    const back: SentEvent[] = [];
    const returning = (async () => {
      for await (const event of other.client.events(`/v1/sessions/${sessionId}/events`, String(shown))) {
        back.push(event);
        break;
      }
    })();
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 3']));
    await sayOnOther();
    await Promise.all([...readings, returning]);
    expect([...watching, back].map(([event]) => event!.type)).toEqual(Array(3).fill('agent.switched'));
  });

  it('cannot reach beyond the numbers that were set aside, however long an answer is', async () => {
    for (let piece = 0; piece < 1_050; piece++) {
      await append('x');
      if (piece % 50 > 0 && piece < 990) continue;
      const { last, reserved } = await stream();
      expect(reserved).toBeGreaterThanOrEqual(last);
    }
    expect((await stream()).last).toBe(1_050);
  });

  it('leaves a cursor that was never reached what it is: ahead of the log', async () => {
    await append('one');
    const [item] = await Array.fromAsync(
      (async function* () {
        for await (const event of app.client.events(`/v1/sessions/${sessionId}/events`, '500')) {
          yield event;
          return;
        }
      })(),
    );
    expect(item).toMatchObject({ type: 'stream.reset', data: { resume_after: '1' } });
  });
});
