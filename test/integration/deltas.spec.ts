import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeltaLog, DeltaType } from '../../src/shared/application/delta-log.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { EventLog } from '../../src/shared/infrastructure/events/event-log.js';
import { PreviousDeltas } from '../../src/shared/infrastructure/events/previous-deltas.js';
import { PreviousRelease } from '../../src/shared/infrastructure/events/previous-release.js';
import { deltasOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { callIn, find, reads } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

const WAITING_FLUSH = `
  select from pg_stat_activity
   where datname = current_database() and application_name = 'agent-runtime deltas' and wait_event_type = 'Lock'`;

describe('the deltas of an answer', () => {
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'ask' });
  });

  const deltas = () => app.nest.get(DeltaLog);

  const speaker = async (inSession = sessionId) => {
    const message = {
      sessionId: inSession,
      messageId: crypto.randomUUID(),
      ...(await app.database.letWrite(inSession)),
    };
    const speak = (type: DeltaType) => {
      let offset = 0;
      return (text: string, token = message.token) => {
        deltas().append({ type, ...message, token, offset, text });
        offset += text.length;
      };
    };
    const [say, think] = [speak('message.delta'), speak('message.reasoning_delta')];
    const draft = (toolName: string, token = message.token) => {
      const callId = crypto.randomUUID();
      deltas().append({ type: 'tool_call.drafted', ...message, token, callId, toolName });
      return { call_id: callId, tool_name: toolName, message_id: message.messageId };
    };
    const stored = async () =>
      (
        await app.database.rows<{ text: string }>(
          'select text from deltas where message_id = $1 order by seq',
          [message.messageId],
        )
      ).map(({ text }) => text);
    return { ...message, say, think, draft, stored, flushed: () => deltas().flushed(message.messageId) };
  };

  const record = () =>
    app.nest
      .get(UnitOfWork)
      .run('test', async (tx) =>
        tx.record({ type: 'synopsis.updated', sessionId, runId: null, data: { version: 1 } }),
      );

  it('are numbered in turn with the other events of their session, also several in one batch', async () => {
    const [one, two] = [await speaker(), await speaker()];
    await record();
    one.say('a');
    two.say('b');
    await Promise.all([one.flushed(), two.flushed()]);
    await record();
    const rows = await app.database.rows(
      'select seq::int, type from session_events where session_id = $1 order by seq',
      [sessionId],
    );
    expect(rows).toEqual([
      { seq: 1, type: 'synopsis.updated' },
      { seq: 2, type: 'message.delta' },
      { seq: 3, type: 'message.delta' },
      { seq: 4, type: 'synopsis.updated' },
    ]);
  });

  it('and of its reasoning are stored in the order in which they came, and awaited together', async () => {
    const { think, say, flushed, messageId } = await speaker();
    think('Hm, ');
    think('well. ');
    say('Yes');
    think('Or ');
    think('no?');
    say(', no.');
    await flushed();
    const rows = await app.database.rows(
      `select type, data->>'offset' as offset, data->>'text' as text from session_events
        where message_id = $1 order by seq`,
      [messageId],
    );
    expect(rows).toEqual([
      { type: 'message.reasoning_delta', offset: '0', text: 'Hm, well. ' },
      { type: 'message.delta', offset: '0', text: 'Yes' },
      { type: 'message.reasoning_delta', offset: '10', text: 'Or no?' },
      { type: 'message.delta', offset: '3', text: ', no.' },
    ]);
  });

  it('are stored with the calls that the model has begun, each by itself, between the texts', async () => {
    const { say, draft, flushed, messageId } = await speaker();
    say('I look. ');
    const calls = [draft('read_file'), draft('read_file')];
    say('And now?');
    await flushed();
    const log = app.nest.get(EventLog);
    const { events } = await log.readPage(sessionId, 0);
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ['message.delta', { message_id: messageId, offset: 0, text: 'I look. ' }],
      ...calls.map((call) => ['tool_call.drafted', call]),
      ['message.delta', { message_id: messageId, offset: 8, text: 'And now?' }],
    ]);
    const shown = await app.database.rows(
      'select type, message_id, data from session_events where session_id = $1 order by seq',
      [sessionId],
    );
    expect(shown).toEqual(events.map(({ type, data }) => ({ type, message_id: messageId, data })));
    expect(await app.database.rows('select from events where session_id = $1', [sessionId])).toEqual([]);
  });

  it('are dropped where their token is outdated, and no other of the batch with them', async () => {
    const elsewhere = await app.client.openSession({ agent: 'ask' });
    const [lost, kept, alone] = [await speaker(), await speaker(), await speaker(elsewhere)];
    lost.say('lost', crypto.randomUUID());
    kept.say('kept');
    lost.think('lost', crypto.randomUUID());
    lost.draft('lost', crypto.randomUUID());
    alone.say('alone', crypto.randomUUID());
    await Promise.all([lost, kept, alone].map(({ flushed }) => flushed()));
    const rows = await app.database.rows('select seq::int, text from deltas where session_id = any($1)', [
      [sessionId, elsewhere],
    ]);
    expect(rows).toEqual([{ seq: 1, text: 'kept' }]);
  });

  describe('gather', () => {
    let elapsedMs: number;

    beforeEach(() => {
      elapsedMs = 0;
      const begunAt = performance.now();
      vi.spyOn(performance, 'now').mockImplementation(() => begunAt + elapsedMs);
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });
    afterEach(() => {
      vi.useRealTimers();
      vi.restoreAllMocks();
    });

    const pass = async (ms: number) => {
      elapsedMs += ms;
      await vi.advanceTimersByTimeAsync(ms);
    };

    it('but for the first piece, a drafted call and the end: these are stored at once', async () => {
      const [message, next] = [await speaker(), await speaker()];
      message.say('first ');
      await eventually(async () => expect(await message.stored()).toEqual(['first ']));
      message.say('second ');
      message.say('third ');
      await pass(60);
      message.say('fourth ');
      next.say('another');
      await eventually(async () => expect(await next.stored()).toEqual(['another']));
      expect(await message.stored()).toEqual(['first ']);
      message.say('fifth ');
      await pass(60);
      await eventually(async () =>
        expect(await message.stored()).toEqual(['first ', 'second third fourth fifth ']),
      );
      const call = message.draft('write_file');
      await eventually(async () => expect((await message.stored()).at(-1)).toBe(JSON.stringify(call)));
      message.say('last');
      await message.flushed();
      expect((await message.stored()).at(-1)).toBe('last');
    });

    it('also while the first of them are being stored, which alone are waited for', async () => {
      const message = await speaker();
      const release = await app.database.lock('select from event_streams where session_id = $1 for update', [
        sessionId,
      ]);
      message.say('first ');
      const firstStored = message.flushed();
      await eventually(async () => expect(await app.database.rows(WAITING_FLUSH)).toHaveLength(1));
      message.say('second ');
      await release();
      await firstStored;
      expect(await message.stored()).toEqual(['first ']);
      message.say('third');
      await message.flushed();
      expect(await message.stored()).toEqual(['first ', 'second third']);
    });
  });

  describe('beside processes of the release before', () => {
    let before: Client;
    let beside: TestApp;

    beforeAll(async () => {
      before = new Client({ connectionString: app.database.url, application_name: 'agent-runtime events' });
      await before.connect();
      beside = await TestApp.start({ EVENT_DELTA_RETENTION_SECONDS: '0' }, app);
    });
    afterAll(async () => {
      await before.end();
      await beside.stop();
    });

    it('are stored where those read them, and deleted there', async () => {
      const said = { reasoning: 'a thought', text: 'a longer answer of several pieces' };
      app.model.script({ ...said, ...reads() });
      const events = await beside.client.ask(sessionId, 'Say it');
      expect(find(events, 'tool_call.drafted').data.call_id).toBe(callIn(events));
      const { messageId, runId, token } = await speaker();
      const log = beside.nest.get(DeltaLog);
      log.append({
        type: 'message.delta',
        sessionId,
        messageId,
        runId,
        token,
        offset: 0,
        text: 'still going',
      });
      await log.flushed(messageId);
      const stored = () =>
        app.database.rows<{ text: string }>(
          `select coalesce(data->>'text', data->>'tool_name') as text from events
            where session_id = $1 and type ~ '[._]delta$|drafted' order by seq`,
          [sessionId],
        );
      const shown = [said.reasoning, ...deltasOf(events).values(), 'read_file', 'still going'];
      expect((await stored()).map(({ text }) => text).join('')).toBe(shown.join(''));
      expect(await app.database.rows('select from deltas where session_id = $1', [sessionId])).toEqual([]);

      const pruner = beside.nest.get(PreviousDeltas);
      expect(await pruner.prune()).toBeGreaterThan(0);
      expect(await stored()).toEqual([{ text: 'still going' }]);
      expect(await pruner.prune()).toBe(0);
    });

    it('are read with those of this release as one log, from every cursor', async () => {
      const message = await speaker();
      const say = async (text: string, isPresent: boolean) => {
        app.nest.get(PreviousRelease).isPresent = isPresent;
        message.say(text);
        await message.flushed();
      };
      await record();
      await say('a', true);
      await say('b', false);
      await record();
      await say('c', true);
      await say('d', false);
      await say('e', false);
      await record();
      const log = app.nest.get(EventLog);
      const whole = (await log.readPage(sessionId, 0)).events;
      expect(whole.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(whole.flatMap(({ type, data }) => (type === 'message.delta' ? [data] : []))).toEqual(
        'abcde'.split('').map((text, offset) => ({ message_id: message.messageId, offset, text })),
      );
      for (let after = 1; after <= whole.length; after++) {
        expect((await log.readPage(sessionId, after)).events).toEqual(whole.slice(after));
      }
      for (const [type, offset, isStored] of [
        ['message.delta', 4, true],
        ['message.delta', 5, false],
        ['message.reasoning_delta', 0, false],
      ] as const) {
        const data = { message_id: message.messageId, offset, text: '' };
        expect(await log.hasPiece({ ...message, heldBy: message.token, type, data })).toBe(isStored);
      }
      const call = message.draft('read_file');
      await message.flushed();
      for (const [callId, isStored] of [
        [call.call_id, true],
        [crypto.randomUUID(), false],
      ] as const) {
        const data = { ...call, call_id: callId };
        const piece = { ...message, heldBy: message.token, type: 'tool_call.drafted', data } as const;
        expect(await log.hasPiece(piece)).toBe(isStored);
      }
    });
  });
});
