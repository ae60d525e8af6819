import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SessionRepository } from '../../src/modules/sessions/index.js';
import { Shutdown } from '../../src/shared/application/shutdown.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

describe('an application that is told to stop', () => {
  let database: TestDatabase;
  let app: TestApp;
  let sessionId: string;

  beforeEach(async () => {
    database = await TestDatabase.create();
    app = await TestApp.start({}, { database });
    sessionId = await app.client.openSession({ agent: 'ask' });
  });
  afterEach(() => database.drop());

  it('stores what a run has said and how it ended before it closes the pool', async () => {
    app.model.script({ text: 'word '.repeat(500), pace: { chunk: 5, tokensPerSecond: 50 } });
    await app.client.say(sessionId, 'Say it');
    await app.client.readUntil(sessionId, ({ type }) => type === 'message.delta');
    await app.stop();

    expect(await database.rows('select status from runs')).toEqual([{ status: 'interrupted' }]);
    const [message] = await database.rows<{ content: string }>(
      `select content from messages where role = 'assistant' and finish_reason = 'interrupted'`,
    );
    expect(message!.content).toMatch(/^(word )+/);
    const [told] = await database.rows(`select string_agg(text, '' order by seq) as text from deltas`);
    expect(told).toEqual({ text: message!.content });
    const [last] = await database.rows('select type, data from events order by seq desc limit 1');
    expect(last).toMatchObject({ type: 'run.finished', data: { status: 'interrupted' } });
  });

  const rename = () =>
    app.nest.get(UnitOfWork).run('rename', async (tx) => {
      const session = await tx.get(SessionRepository).get(sessionId, 'local');
      session.rename('renamed', new Date());
      await tx.get(SessionRepository).save(session);
    });

  const isWaitingForLock = () =>
    eventually(async () =>
      expect(await database.rows('select from pg_locks where not granted')).toHaveLength(1),
    );

  /** It answers no request any more. */
  const hasClosed = ({ client }: TestApp) =>
    eventually(() => expect(client.get('/health/live')).rejects.toThrow());

  it('keeps the pool for what is stored when the last request has ended', async () => {
    app.nest.get(Shutdown).register('settle_runs', async () => void (await rename()));
    await app.stop();
    expect(await database.rows('select title from sessions')).toEqual([{ title: 'renamed' }]);
  });

  it('lets a unit of work end that has begun', async () => {
    const unlock = await database.lock('select from sessions where id = $1 for update', [sessionId]);
    const renaming = rename();
    await isWaitingForLock();
    const stopping = app.stop();
    await hasClosed(app);
    await unlock();
    await Promise.all([renaming, stopping]);
    expect(await database.rows('select title from sessions')).toEqual([{ title: 'renamed' }]);
  });

  it('hands over what it is still taking over', async () => {
    await app.stop();
    const env = { SHUTDOWN_POLICY: 'handover' };
    const first = await TestApp.start(env, { database });
    first.model.script({ text: 'late', pace: { firstTokenMs: 60_000 } });
    await first.client.say(sessionId, 'Say it');
    await first.client.readUntil(sessionId, ({ type }) => type === 'message.started');
    await first.stop();

    const unlock = await database.lock('select from event_streams where session_id = $1 for update', [
      sessionId,
    ]);
    const second = await TestApp.start(env, { database });
    await isWaitingForLock();
    const stopping = second.stop();
    await hasClosed(second);
    await unlock();
    await stopping;
    expect(await database.rows('select status, recoveries, attempt, lease_token from runs')).toEqual([
      { status: 'running', recoveries: 0, attempt: 2, lease_token: null },
    ]);
  });
});
