import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { isFinished } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

describe('a pool without a free connection', () => {
  let app: TestApp;
  let sessionId: string;

  beforeEach(async () => {
    app = await TestApp.start({ DATABASE_POOL_SIZE: '2' });
    sessionId = await app.client.openSession({ agent: 'ask' });
  });
  afterEach(() => app.stop());

  /** A unit of work that keeps its connection until it may end. */
  const occupy = () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const done = app.nest.get(UnitOfWork).run('occupy', async () => {
      begin();
      await mayEnd;
    });
    return { begun, end, done };
  };

  it('serves units of work that wait before a model is asked for a message that was just accepted', async () => {
    app.model.script({ text: 'Done.' });
    const unlock = await app.database.lock('select from sessions where id = $1 for update', [sessionId]);
    const first = occupy();
    await first.begun;
    const saying = app.client.say(sessionId, 'Do it');
    await eventually(async () =>
      expect(await app.database.rows('select from pg_locks where not granted')).toHaveLength(1),
    );
    const second = occupy();
    await unlock();
    expect((await saying).status).toBe(202);
    await second.begun;
    expect(await app.database.rows('select status from runs')).toEqual([{ status: 'running' }]);
    for (let look = 0; look < 20; look++) await app.client.get('/health/live');
    expect(app.model.requests).toEqual([]);

    second.end();
    await Promise.all([second.done, app.client.readUntil(sessionId, isFinished)]);
    expect(app.model.requests).toHaveLength(1);
    first.end();
    await first.done;
  });
});
