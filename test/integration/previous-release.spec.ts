import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaLog } from '../../src/shared/application/delta-log.js';
import { migrate } from '../../src/shared/infrastructure/persistence/data-source.js';
import { SentEvent, deltasOf, isFinished, typesOf } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';
import { CHANNELS, Given, PreviousRelease } from './support/previous-release.js';

/** Much less than a reader waits until it looks into the log by itself. */
const WOKEN_MS = 3_000;
const SWITCHED = { from: 'ask', to: 'coder', reason: 'of another release' };

describe('a process of the release before, on the database of this one', () => {
  let database: TestDatabase;
  let previous: PreviousRelease;
  let app: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    database = await TestDatabase.create();
    previous = await PreviousRelease.connect(database.url);
    app = await TestApp.start({}, { database });
  });
  afterAll(async () => {
    await app?.stop();
    await previous?.end();
    await database?.drop();
  });
  beforeEach(async () => {
    app.model.reset();
    previous.notices.length = 0;
    sessionId = await app.client.openSession({ agent: 'ask' });
  });

  const switched = (): Given => ({ sessionId, type: 'agent.switched', data: SWITCHED });
  /** By this release. */
  const switchAgent = (agent: string) => app.client.input(sessionId, { type: 'switch_agent', agent });
  const logUpTo = (seq: number) => app.client.readUntil(sessionId, ({ id }) => Number(id) === seq);

  /** A message that is being said; pieces of it by the release before, and by this one. */
  const beginMessage = async () => {
    const messageId = randomUUID();
    const { runId, token } = await database.letWrite(sessionId);
    const started = { message_id: messageId, agent: 'ask' };
    await previous.append([{ sessionId, runId, type: 'message.started', data: started }]);
    const deltas = app.nest.get(DeltaLog);
    let offset = 0;
    let thought = 0;
    const next = (text: string) => {
      const data = { message_id: messageId, offset, text };
      offset += text.length;
      return data;
    };
    return {
      ...{ messageId, runId, token },
      byPrevious: (text: string, heldBy = token) =>
        previous.append([{ sessionId, runId, type: 'message.delta', data: next(text), token: heldBy }]),
      byThis: async (text: string) => {
        deltas.append({
          type: 'message.delta',
          sessionId,
          runId,
          messageId,
          token,
          text,
          offset: next(text).offset,
        });
        await deltas.flushed(messageId);
      },
      think: async (text: string) => {
        const type = 'message.reasoning_delta';
        deltas.append({ type, sessionId, runId, messageId, token, text, offset: thought });
        thought += text.length;
        await deltas.flushed(messageId);
      },
    };
  };
  const textsIn = (events: readonly { type: string; data: object }[]) =>
    events.flatMap(({ type, data }) => (type === 'message.delta' ? [(data as { text: string }).text] : []));

  it('is waited for where it migrates', async () => {
    const migrated = await database.lock('select pg_advisory_xact_lock($1)', [7_214_002]);
    const migrating = migrate(database.url);
    try {
      await eventually(async () => {
        const waiting = await database.rows(
          `select from pg_locks where locktype = 'advisory' and objid = 7214002 and not granted
              and database = (select oid from pg_database where datname = current_database())`,
        );
        expect(waiting).toHaveLength(1);
      });
    } finally {
      await migrated();
    }
    await migrating;
  });

  it('appends events between those of this release, and both read the same log', async () => {
    expect(await previous.append([switched()])).toEqual([1]);
    expect((await switchAgent('debug')).status).toBe(202);
    const between = await previous.horizon(sessionId);
    const last = between + 2;
    expect(await previous.append([switched(), switched()])).toEqual([between + 1, last]);
    const log = await logUpTo(last);
    expect(log.map(({ id }) => Number(id))).toEqual(Array.from({ length: last }, (_, index) => index + 1));
    const read = await previous.read(sessionId);
    expect(read).toEqual(log.map(({ id, type, data }) => ({ seq: Number(id), type, data })));
    expect(await previous.read(sessionId, between)).toEqual(read.slice(between));
    expect(await previous.find(sessionId, [last, 1])).toEqual(['agent.switched', 'agent.switched']);
  });

  it('appends pieces of answers between those of this release, and both show them', async () => {
    const { messageId, byPrevious, byThis } = await beginMessage();
    expect(await byPrevious('one ')).toEqual([2]);
    await byThis('two ');
    expect(await byPrevious('three')).toEqual([4]);
    expect(textsIn(await logUpTo(4))).toEqual(['one ', 'two ', 'three']);
    expect(textsIn(await previous.read(sessionId))).toEqual(['one ', 'two ', 'three']);
    expect(await previous.hasDelta(sessionId, messageId, 4)).toBe(true);
    expect(await previous.shown(sessionId, messageId)).toBe('one two three');
  });

  it('passes on the reasoning that this release stores, and keeps the text without it', async () => {
    const { messageId, byPrevious, byThis, think } = await beginMessage();
    await think('Hm. ');
    await byThis('one ');
    await think('Well.');
    await byPrevious('two');
    const log = await logUpTo(5);
    expect(textsIn(log)).toEqual(['one ', 'two']);
    expect([...deltasOf(log, 'message.reasoning_delta').values()]).toEqual(['Hm. Well.']);
    expect(await previous.read(sessionId)).toEqual(
      log.map(({ id, type, data }) => ({ seq: Number(id), type, data })),
    );
    expect(await previous.shown(sessionId, messageId)).toBe('one two');
    expect(await previous.hasDelta(sessionId, messageId, 5)).toBe(false);
  });

  it('adds nothing to a message whose run has another writer', async () => {
    const { byPrevious, byThis } = await beginMessage();
    await byThis('one');
    expect(await byPrevious('two', randomUUID())).toEqual([null]);
    await switchAgent('debug');
    expect(typesOf(await logUpTo(3))).toEqual(['message.started', 'message.delta', 'agent.switched']);
  });

  it('reserves numbers for pieces, and goes on after them when PostgreSQL has crashed', async () => {
    const { byPrevious, byThis } = await beginMessage();
    await byPrevious('one ');
    await byThis('two ');
    await database.crash(sessionId, 1);
    const [seq] = await previous.append([switched()]);
    expect(seq).toBeGreaterThan(3);
    await switchAgent('debug');
    expect((await logUpTo(seq! + 1)).map(({ id }) => Number(id))).toEqual([1, seq, seq! + 1]);
  });

  it('deletes the deltas of messages that are over, and no others', async () => {
    const over = await beginMessage();
    await over.byPrevious('one ');
    await over.byThis('two');
    const discarded = { message_id: over.messageId, reason: 'stream_cut' };
    const earlier = new Date(Date.now() - 2 * 3600 * 1000);
    const open = await beginMessage();
    await open.byPrevious('three');
    await previous.append(
      [{ sessionId, runId: over.runId, type: 'message.discarded', data: discarded }],
      earlier,
    );
    await previous.prune();
    expect(textsIn(await previous.read(sessionId))).toEqual(['three']);
  });

  it('is woken by events and deltas of this release', async () => {
    const { byThis } = await beginMessage();
    const isTold = ([channel, payload]: readonly [string, string]) =>
      channel === CHANNELS.events &&
      !payload.startsWith(previous.id) &&
      payload.split(' ').includes(sessionId);
    const told = (times: number) =>
      eventually(() => expect(previous.notices.filter(isTold).length).toBeGreaterThanOrEqual(times));
    await byThis('one');
    await told(1);
    await switchAgent('debug');
    await told(2);
  });

  it('wakes the readers of this release', async () => {
    await previous.append([switched()]);
    const read: SentEvent[] = [];
    const reading = (async () => {
      for await (const event of app.client.events(`/v1/sessions/${sessionId}/events?after=0`)) {
        read.push(event);
        if (read.length === 2) break;
      }
    })();
    await eventually(() => expect(read).toHaveLength(1));
    await previous.append([switched()]);
    await eventually(() => expect(read).toHaveLength(2), WOKEN_MS);
    await reading;
    expect(read.map(({ id }) => id)).toEqual(['1', '2']);
  });

  const begin = async () => {
    app.model.always({ text: 'word '.repeat(500), pace: { chunk: 5, tokensPerSecond: 100 } });
    const { body } = await app.client.say(sessionId, 'Say it');
    await app.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    return body.run.id as string;
  };
  const expectCancelled = async () => {
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(events.at(-1)!.data).toMatchObject({ status: 'cancelled' });
  };

  it('has a run cancelled that this release executes', async () => {
    await previous.cancel(await begin());
    await expectCancelled();
  });

  it('is told of a run to cancel that it may be executing', async () => {
    const runId = await begin();
    const other = await TestApp.start({}, { database, model: app.model });
    try {
      await other.client.post(`/v1/runs/${runId}/cancel`);
      await eventually(() => expect(previous.notices).toContainEqual([CHANNELS.runs, runId]));
      await expectCancelled();
    } finally {
      await other.stop();
    }
  });
});
