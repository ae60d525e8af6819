import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EventLog } from '../../src/shared/infrastructure/events/event-log.js';
import { DeltaLog } from '../../src/shared/application/delta-log.js';
import { EventStream, StoredEvent, StreamItem, isReset } from '../../src/shared/application/event-stream.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { DomainEvent } from '../../src/shared/domain/domain-event.js';
import { deltasOf, isFinished } from '../support/client.js';
import { expectDescribed } from '../support/described-events.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

const fact = (sessionId: string, n: number): DomainEvent => ({
  type: 'synopsis.updated',
  sessionId,
  runId: null,
  data: { version: n },
});

describe('the event log', () => {
  let app: TestApp;
  let other: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start({ EVENT_DELTA_RETENTION_SECONDS: '0' });
    other = await TestApp.start({}, app);
  });
  afterAll(async () => {
    await other.stop();
    await app.stop();
  });
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession();
  });

  const record = (on: TestApp, ...events: DomainEvent[]) =>
    on.nest.get(UnitOfWork).run('test_record', async (tx) => tx.record(...events));

  /** A reader that collects until it has seen `last`. */
  function reader(on: TestApp, after: number, last: number) {
    const seen: StreamItem[] = [];
    const done = new Promise<number[]>((resolve, reject) => {
      const subscription = on.nest
        .get(EventStream)
        .watch(sessionId, after)
        .subscribe({
          next: (item) => {
            seen.push(item);
            if (!isReset(item) && item.seq >= last) {
              queueMicrotask(() => subscription.unsubscribe());
              resolve(seen.map((each) => (each as StoredEvent).seq));
            }
          },
          error: reject,
        });
    });
    return { seen, done };
  }

  it('shows readers on two instances every event once and in order, while many write', async () => {
    const writers = 8;
    const each = 25;
    const total = writers * each;
    const early = [reader(app, 0, total), reader(other, 0, total)];
    const late: ReturnType<typeof reader>[] = [];
    const write = async (on: TestApp) => {
      for (let n = 0; n < each; n++) {
        await record(on, fact(sessionId, n));
        if (n % 5 === 0) late.push(reader(n % 2 ? app : other, n, total));
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, index) => write(index % 2 ? app : other)));

    const whole = Array.from({ length: total }, (_, index) => index + 1);
    for (const { done } of early) expect(await done).toEqual(whole);
    for (const { done } of late) {
      const seen = await done;
      expect(seen).toEqual(whole.slice(seen[0]! - 1));
    }
  });

  it('serves a reader that begins at every possible cursor', async () => {
    const total = 40;
    await record(app, ...Array.from({ length: total }, (_, n) => fact(sessionId, n)));
    for (let after = 0; after < total; after++) {
      const { done } = reader(after % 2 ? app : other, after, total);
      expect(await done).toEqual(Array.from({ length: total - after }, (_, index) => after + index + 1));
    }
  });

  it('replays more than one page', async () => {
    const total = 1234;
    await record(app, ...Array.from({ length: total }, (_, n) => fact(sessionId, n)));
    expect(await reader(other, 0, total).done).toHaveLength(total);
  });

  it('leaves nothing behind of a unit of work that fails', async () => {
    await record(app, fact(sessionId, 1));
    const failing = app.nest.get(UnitOfWork).run('test_fail', async (tx) => {
      tx.record(fact(sessionId, 2));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await record(app, fact(sessionId, 3));
    const rows = await app.database.rows('select seq, data from events where session_id = $1 order by seq', [
      sessionId,
    ]);
    expect(rows).toEqual([
      { seq: '1', data: { version: 1 } },
      { seq: '2', data: { version: 3 } },
    ]);
  });

  it('orders the deltas of many sessions and merges neighbours, without losing a character', async () => {
    const sessions = await Promise.all(Array.from({ length: 10 }, () => app.client.openSession()));
    const deltas = app.nest.get(DeltaLog);
    const whole = Array.from({ length: 300 }, (_, n) => `piece ${n} `);
    const writers = await Promise.all(sessions.map((id) => app.database.letWrite(id)));
    const messages = sessions.map((id, n) => ({
      sessionId: id,
      messageId: crypto.randomUUID(),
      offset: 0,
      ...writers[n]!,
    }));
    for (const text of whole) {
      for (const message of messages) {
        deltas.append({ type: 'message.delta', ...message, text });
        message.offset += text.length;
      }
      if (Math.random() < 0.2) await deltas.flushed(messages[0]!.messageId);
    }
    await Promise.all(messages.map(({ messageId }) => deltas.flushed(messageId)));
    for (const id of sessions) {
      const rows = await app.database.rows<{ text: string; offset: number }>(
        'select text, text_offset as "offset" from deltas where session_id = $1 order by seq',
        [id],
      );
      expect(rows.map((row) => row.text).join('')).toBe(whole.join(''));
      expect(rows.length).toBeLessThan(whole.length);
      let offset = 0;
      for (const row of rows) {
        expect(row.offset).toBe(offset);
        offset += row.text.length;
      }
    }
  });

  it('writes deltas again when the connection breaks, and none twice', async () => {
    const deltas = app.nest.get(DeltaLog);
    const writer = await app.database.letWrite(sessionId);
    const message = { sessionId, messageId: crypto.randomUUID(), ...writer };
    let text = '';
    for (let n = 0; n < 60; n++) {
      const piece = `[${n}]`;
      deltas.append({ type: 'message.delta', ...message, offset: text.length, text: piece });
      text += piece;
      if (n % 10 === 5) {
        await app.database.rows(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'agent-runtime deltas'`,
        );
      }
      if (n % 3 === 0) await deltas.flushed(message.messageId);
    }
    await deltas.flushed(message.messageId);
    const rows = await app.database.rows<{ text: string }>(
      'select text from deltas where session_id = $1 order by seq',
      [sessionId],
    );
    expect(rows.map((row) => row.text).join('')).toBe(text);
  });
});

describe('a session’s stream over HTTP', () => {
  let app: TestApp;
  let other: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start({ SSE_HEARTBEAT_SECONDS: '1' });
    other = await TestApp.start({}, app);
  });
  afterAll(async () => {
    await other.stop();
    await app.stop();
  });
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession();
  });
  afterEach(() =>
    eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 0'])),
  );

  it('can be left and resumed 50 times during a long answer, on either instance', async () => {
    const text = Array.from({ length: 400 }, (_, n) => `word${n} `).join('');
    app.model.script({ text, pace: { chunk: 6, tokensPerSecond: 120 } });
    const path = `/v1/sessions/${sessionId}/events`;
    const uninterrupted = app.client.readUntil(sessionId, isFinished);
    await app.client.say(sessionId, 'Say it', { agent: 'ask' });

    const pieced = [];
    let breaks = 0;
    for (let cursor = '0', done = false; !done;) {
      const from = breaks % 2 ? app : other;
      let left = breaks < 50 ? Math.floor(Math.random() * 2) : Infinity;
      for await (const event of from.client.events(path, cursor)) {
        // One that has arrived and was not taken comes again.
        if (left-- <= 0 || (breaks < 50 && isFinished(event))) break;
        pieced.push(event);
        cursor = event.id;
        done = isFinished(event);
        if (done) break;
      }
      breaks++;
    }
    expect(breaks).toBeGreaterThan(50);
    const whole = await uninterrupted;
    // To the letter: what comes out of the log reads as it did when it was live.
    expect(pieced.map((event) => JSON.stringify(event))).toEqual(whole.map((event) => JSON.stringify(event)));
    expect([...deltasOf(pieced).values()]).toEqual([text]);
    expect(pieced.find((event) => event.type === 'message.completed')!.data).toMatchObject({ content: text });
  });

  it('begins now without a cursor, at the beginning with after=0, and prefers the header', async () => {
    app.model.script({ text: 'one' }, { text: 'two' });
    const first = await app.client.ask(sessionId, 'First');
    const stop = new AbortController();
    const live = app.client.events(`/v1/sessions/${sessionId}/events`, undefined, stop.signal);
    const next = live.next();
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 1']));
    await app.client.say(sessionId, 'Second');
    const lastOfFirst = Number(first.at(-1)!.id);
    expect(Number((await next).value!.id)).toBe(lastOfFirst + 1);
    stop.abort();

    const replayed = app.client.events(`/v1/sessions/${sessionId}/events?after=0`, '3');
    expect((await replayed.next()).value!.id).toBe('4');
    await replayed.return(undefined);
  });

  it('tells a reader that is ahead of the log to reload, and goes on from its end', async () => {
    app.model.script({ text: 'one' });
    const reading = app.client.events(`/v1/sessions/${sessionId}/events?after=999`);
    const reset = (await reading.next()).value!;
    expect(reset).toMatchObject({
      id: '0',
      type: 'stream.reset',
      data: { reason: 'cursor_ahead', resume_after: '0' },
    });
    expectDescribed(reset);
    await app.client.say(sessionId, 'Hello');
    expect((await reading.next()).value).toMatchObject({ id: '1', type: 'message.created' });
    await reading.return(undefined);
    const logged = await app.database.rows(`select 1 from events where type = 'stream.reset'`);
    expect(logged).toEqual([]);
  });

  it.each(['abc', '-1', '1.5', '99999999999999999999', '0x10', '1 or 1=1'])(
    'refuses the cursor %s by name',
    async (cursor) => {
      const { status, body } = await app.client.call('GET', `/v1/sessions/${sessionId}/events`, undefined, {
        'last-event-id': cursor,
      });
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: 'request.invalid', errors: [{ field: 'Last-Event-ID' }] });
      const query = await app.client.get(
        `/v1/sessions/${sessionId}/events?after=${encodeURIComponent(cursor)}`,
      );
      expect(query.body).toMatchObject({ code: 'request.invalid', errors: [{ field: 'after' }] });
    },
  );

  it('is read in pages whose size is that of the events, not of what PostgreSQL makes of them', async () => {
    const large = await app.client.openSession();
    await app.database.rows(
      `with written as (
         insert into events (session_id, seq, run_id, type, data, created_at)
         select $1, n, null, 'message.discarded',
                jsonb_build_object('message_id', 'm', 'reason', repeat('x', 600000)), now()
           from generate_series(1, 5) as n)
       update event_streams set last_seq = 5 where session_id = $1`,
      [large],
    );
    const page = await app.nest.get(EventLog).readPage(large, 0);
    expect([page.events.map(({ seq }) => seq), page.isLast]).toEqual([[1, 2], false]);
    expect((await app.nest.get(EventLog).readPage(large, 4)).isLast).toBe(true);
    const read = await app.client.readUntil(large, ({ id }) => id === '5');
    expect(read.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5']);
  });

  it('sends a cursor at once and heartbeats while nothing happens', async () => {
    const stop = new AbortController();
    const response = await fetch(`${app.client.url}/v1/sessions/${sessionId}/events`, {
      signal: stop.signal,
    });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('heartbeat')) break;
    }
    stop.abort();
    expect(text).toContain('id: 0\nretry: 1000\n');
    expect(text).toContain(': heartbeat');
    expect(text).not.toContain('data:');
  });

  it('ends a run’s stream with run.finished, while it runs and after, from wherever', async () => {
    app.model.script(
      { text: 'some words to say', pace: { chunk: 4, tokensPerSecond: 50 } },
      { text: 'other' },
    );
    const { body } = await app.client.say(sessionId, 'First');
    const path = `/v1/runs/${body.run.id}/events`;
    const live = await Array.fromAsync(other.client.events(path));
    expect(live[0]!.type).toBe('message.created');
    expect(live.at(-1)!.type).toBe('run.finished');
    await app.client.ask(sessionId, 'Second');

    expect(await Array.fromAsync(app.client.events(path))).toEqual(live);
    const middle = live[4]!.id;
    expect(await Array.fromAsync(app.client.events(path, middle))).toEqual(live.slice(5));
    expect(await Array.fromAsync(app.client.events(path, live.at(-1)!.id))).toEqual([]);
  });

  it('forgets readers that leave before it has begun to answer', async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const leaving = new AbortController();
        const asked = fetch(`${app.client.url}/v1/sessions/${sessionId}/events`, { signal: leaving.signal });
        setImmediate(() => (n % 2 ? setImmediate(() => leaving.abort()) : leaving.abort()));
        await expect(asked).rejects.toThrow(/abort/);
      }),
    );
    // afterEach sees that none is left
  });

  it('does not end a run when its client leaves', async () => {
    app.model.script({ text: 'word '.repeat(100), pace: { chunk: 5, tokensPerSecond: 200 } });
    const stop = new AbortController();
    const response = await fetch(`${app.client.url}/v1/sessions/${sessionId}/messages/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'user_message', content: 'Say it', agent: 'ask' }),
      signal: stop.signal,
    });
    const reader = response.body!.getReader();
    await reader.read();
    stop.abort();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    const [message] = await app.database.rows(
      `select content from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(message).toEqual({ content: 'word '.repeat(100) });
  });
});
