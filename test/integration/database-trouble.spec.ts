import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaLog } from '../../src/shared/application/delta-log.js';
import { deltasOf, isFinished, isWaiting } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { FlakyProxy } from '../support/flaky-proxy.js';
import { TestApp } from '../support/test-app.js';

const AWAY_MS = 2_000;

describe('a process that is stopped while its database is away for two seconds', () => {
  it('stores what the model has answered, as what it is', async () => {
    const database = await TestDatabase.create();
    const proxy = new FlakyProxy(new URL(database.url));
    const app = await TestApp.start({ DATABASE_URL: await proxy.open() }, { database });
    try {
      const sessionId = await app.client.openSession({ agent: 'coder' });
      const failed = await app.growth(
        'sse_transaction_commits_total{operation="save_assistant_message",status="error"}',
      );
      // What is shown of the call is stored before the database goes; its arguments take longer.
      const calls = [{ name: 'read_file', args: { path: `${'a'.repeat(400)}.txt` } }];
      app.model.script({ calls, pace: { tokensPerSecond: 20 } });
      await app.client.say(sessionId, 'Say it');
      await eventually(async () =>
        expect(await database.rows('select 1 from deltas where session_id = $1', [sessionId])).toHaveLength(
          1,
        ),
      );
      await proxy.close();
      await eventually(async () => expect(await failed()).not.toEqual({}));
      const stopped = app.stop();
      await pause(AWAY_MS);
      await proxy.open();
      await stopped;
      const rows = await database.rows(
        `select m.finish_reason, m.content, c.status, r.status as run from messages m
           join tool_calls c on c.message_id = m.id join runs r on r.id = m.run_id where m.session_id = $1`,
        [sessionId],
      );
      expect(rows).toEqual([
        { finish_reason: 'tool_calls', content: '', status: 'requested', run: 'waiting' },
      ]);
    } finally {
      await proxy.close();
      await database.drop();
    }
  });
});

describe('a database that is away for two seconds', () => {
  let database: TestDatabase;
  let proxy: FlakyProxy;
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    proxy = new FlakyProxy(new URL(database.url));
    app = await TestApp.start({ DATABASE_URL: await proxy.open() }, { database });
  });
  afterAll(async () => {
    await app.stop();
    await proxy.close();
    await database.drop();
  });
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'ask' });
  });

  const goAway = async () => {
    await proxy.close();
    await pause(AWAY_MS);
    await proxy.open();
  };

  it('costs a streaming run nothing: every piece, the message and the end are stored, in order', async () => {
    const text = Array.from({ length: 300 }, (_, n) => `word${n} `).join('');
    app.model.script({ text, pace: { chunk: 6, tokensPerSecond: 150 } });
    const reading = app.client.ask(sessionId, 'Say it');
    await eventually(async () => {
      const rows = await database.rows('select 1 from deltas where session_id = $1', [sessionId]);
      expect(rows.length).toBeGreaterThan(5);
    });
    await goAway();

    const events = await reading;
    expect(isFinished(events.at(-1)!)).toBe(true);
    expect(events.at(-1)!.data).toMatchObject({ status: 'completed' });
    expect([...deltasOf(events).values()]).toEqual([text]);
    const ids = events.map((event) => Number(event.id));
    expect(ids).toEqual(ids.map((_, index) => ids[0]! + index));
    const [message] = await database.rows(
      `select content from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(message).toEqual({ content: text });
    const stored = await database.rows<{ seq: string }>(
      'select seq from session_events where session_id = $1 order by seq',
      [sessionId],
    );
    expect(stored.map((row) => Number(row.seq))).toEqual(ids);
  });

  it('costs a run nothing at the moment its answer is to be stored', async () => {
    const calls = [{ name: 'read_file', args: { path: 'a.txt' } }];
    app.model.script({ calls, pace: { firstTokenMs: 600 } });
    await app.client.say(sessionId, 'Say it');
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    await goAway();
    const events = await app.client.readUntil(sessionId, (event) => isWaiting(event) || isFinished(event));
    expect(isWaiting(events.at(-1)!)).toBe(true);
    const ledger = await database.rows('select status from llm_calls where session_id = $1', [sessionId]);
    expect(ledger).toEqual([{ status: 'completed' }]);
  });

  it('may have stored what it did not say it had: nothing is stored twice', async () => {
    const deltas = app.nest.get(DeltaLog);
    const writer = await database.letWrite(sessionId);
    const message = { sessionId, messageId: crypto.randomUUID(), ...writer };
    deltas.append({ type: 'message.delta', ...message, offset: 0, text: 'one ' });
    await deltas.flushed(message.messageId);
    const stored = () =>
      database.rows<{ text: string }>('select text from deltas where session_id = $1 order by seq', [
        sessionId,
      ]);
    proxy.swallowAnswersFrom('append_deltas');
    deltas.append({ type: 'message.delta', ...message, offset: 4, text: 'two ' });
    await eventually(async () => expect(await stored()).toHaveLength(2));
    await proxy.close();
    await proxy.open();
    deltas.append({ type: 'message.delta', ...message, offset: 8, text: 'three' });
    await deltas.flushed(message.messageId);
    expect((await stored()).map(({ text }) => text).join('')).toBe('one two three');
  });

  it('may have stored an answer it did not say it had: the run goes on from it', async () => {
    const calls = [{ name: 'read_file', args: { path: 'a.txt' } }];
    app.model.script({ calls, pace: { firstTokenMs: 500 } });
    const reading = app.client.readUntil(sessionId, isWaiting);
    await eventually(async () => expect(await app.metric('sse_connections')).toEqual(['sse_connections 1']));
    await app.client.say(sessionId, 'Say it');
    await eventually(() => expect(app.model.requests).toHaveLength(1));
    proxy.swallowAnswersFrom('COMMIT');
    await eventually(async () => {
      const asked = await database.rows('select 1 from tool_calls where session_id = $1', [sessionId]);
      expect(asked).toHaveLength(1);
    });
    await proxy.close();
    await proxy.open();
    const events = await reading;
    expect(events.filter((event) => event.type === 'tool_call.requested')).toHaveLength(1);
    const messages = await database.rows(
      `select 1 from messages where session_id = $1 and role = 'assistant'`,
      [sessionId],
    );
    expect(messages).toHaveLength(1);
  });

  it('is told to clients as a problem, shows in /health, and heals by itself', async () => {
    await proxy.close();
    try {
      for (const answer of [
        await app.client.get(`/v1/sessions/${sessionId}`),
        await app.client.post('/v1/sessions'),
        await app.client.say(sessionId, 'hello?'),
        await app.client.get(`/v1/sessions/${sessionId}/events`),
      ]) {
        expect([answer.status, answer.body.code]).toEqual([503, 'database.unavailable']);
        expect(answer.headers.get('retry-after')).toBe('1');
        expect(JSON.stringify(answer.body)).not.toMatch(/ECONN|127\.0\.0\.1|terminat/);
      }
      expect((await app.client.get('/health/ready')).status).toBe(503);
      expect((await app.client.get('/health/live')).status).toBe(200);
    } finally {
      await proxy.open();
    }
    await eventually(async () => expect((await app.client.get('/health/ready')).status).toBe(200));
    app.model.script({ text: 'Here I am.' });
    expect((await app.client.ask(sessionId, 'hello?')).at(-1)!.data).toMatchObject({ status: 'completed' });
  });

  it('does not make a reader on another instance miss anything', async () => {
    const other = await TestApp.start({}, { database, model: app.model });
    try {
      const reading = app.client.readUntil(sessionId, isFinished);
      await eventually(async () =>
        expect(await app.metric('sse_connections')).toEqual(['sse_connections 1']),
      );
      app.model.script({ text: 'word '.repeat(200), pace: { chunk: 5, tokensPerSecond: 100 } });
      await other.client.say(sessionId, 'Say it');
      await goAway();
      const events = await reading;
      const ids = events.map((event) => Number(event.id));
      expect(ids).toEqual(ids.map((_, index) => index + 1));
      expect([...deltasOf(events).values()]).toEqual(['word '.repeat(200)]);
    } finally {
      await other.stop();
    }
  });
});
