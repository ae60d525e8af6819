import { ConsoleLogger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LanguageModel } from '../../src/modules/models/index.js';
import { Session, SessionRepository } from '../../src/modules/sessions/index.js';
import { StorageFailed } from '../../src/shared/application/errors.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { ConcurrencyError } from '../../src/shared/domain/domain-error.js';
import { EventHub } from '../../src/shared/infrastructure/events/event-hub.js';
import { UnitOfWorkMisuse } from '../../src/shared/infrastructure/persistence/open-waits.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

const newSession = (title = 'x') =>
  Session.create({
    id: crypto.randomUUID(),
    userId: 'local',
    title,
    agent: 'ask',
    agentChosenByUser: true,
    model: null,
    reasoningEffort: null,
    builtinTools: null,
    fileHashes: false,
    claimsRequired: false,
    metadata: {},
    now: new Date(),
  });

describe('a unit of work', () => {
  let app: TestApp;
  let uow: UnitOfWork;

  beforeAll(async () => {
    app = await TestApp.start();
    uow = app.nest.get(UnitOfWork);
  });
  afterAll(() => app.stop());

  const titleOf = async (id: string) =>
    (await app.database.rows<{ title: string }>('select title from sessions where id = $1', [id]))[0]?.title;

  it('works outside of any request', async () => {
    const session = newSession('from a script');
    await uow.run('test', (tx) => tx.get(SessionRepository).add(session));
    expect(await titleOf(session.id)).toBe('from a script');
  });

  it('rolls back as a whole when the work fails, and the next one works', async () => {
    const session = newSession();
    const commits = await app.growth('sse_transaction_commits_total{operation="test_rollback"');
    const failing = uow.run('test_rollback', async (tx) => {
      await tx.get(SessionRepository).add(session);
      throw new Error('after the insert');
    });
    await expect(failing).rejects.toThrow('after the insert');
    expect(await titleOf(session.id)).toBeUndefined();

    const flawed = uow.run('test_rollback', async (tx) => {
      await tx.get(SessionRepository).add(session);
      await tx.get(SessionRepository).add(session);
    });
    await expect(flawed).rejects.toThrow(StorageFailed);
    expect(await titleOf(session.id)).toBeUndefined();

    await uow.run('test', (tx) => tx.get(SessionRepository).add(session));
    expect(await titleOf(session.id)).toBe('x');
    expect(await commits()).toEqual({
      'sse_transaction_commits_total{operation="test_rollback",status="error"}': 2,
    });
  });

  it('repeats the whole work when a row was changed meanwhile', async () => {
    const session = newSession();
    await uow.run('test', (tx) => tx.get(SessionRepository).add(session));
    let attempts = 0;
    await uow.run('test_retry', async (tx) => {
      const mine = await tx.get(SessionRepository).peek(session.id, 'local');
      if (attempts++ < 2)
        await app.database.rows('update sessions set version = version + 1 where id = $1', [session.id]);
      mine.rename(`attempt ${attempts}`, new Date());
      await tx.get(SessionRepository).save(mine);
    });
    expect(attempts).toBe(3);
    expect(await titleOf(session.id)).toBe('attempt 3');
  });

  it('tells what it has done after its commit, once, and not where it has done nothing', async () => {
    const session = newSession();
    const told: string[] = [];
    const failing = uow.run('test_tell', async (tx) => {
      tx.afterCommit(() => told.push('never'));
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    let attempts = 0;
    await uow.run('test_tell', async (tx) => {
      attempts++;
      tx.afterCommit(() => told.push(`attempt ${attempts}`));
      await tx.get(SessionRepository).add(session);
      if (attempts === 1) throw new ConcurrencyError('something');
      expect(told).toEqual([]);
    });
    expect(told).toEqual(['attempt 2']);
  });

  it('gives up after three attempts', async () => {
    let attempts = 0;
    const hopeless = uow.run('test_hopeless', async () => {
      attempts++;
      throw new ConcurrencyError('something');
    });
    await expect(hopeless).rejects.toBeInstanceOf(ConcurrencyError);
    expect(attempts).toBe(3);
  });

  it('repeats after a deadlock', async () => {
    const [a, b] = [newSession(), newSession()];
    await uow.run('test', async (tx) => {
      await tx.get(SessionRepository).add(a);
      await tx.get(SessionRepository).add(b);
    });
    const lockBoth = (first: string, second: string, title: string) =>
      uow.run('test_deadlock', async (tx) => {
        const sessions = tx.get(SessionRepository);
        for (const id of [first, second]) {
          const session = await sessions.get(id, 'local');
          session.rename(title, new Date());
          await sessions.save(session);
          await pause(50);
        }
      });
    await Promise.all([lockBoth(a.id, b.id, 'one'), lockBoth(b.id, a.id, 'two')]);
    expect(await titleOf(a.id)).toBe(await titleOf(b.id));
  });

  it('does not wait for long where a process that stands still has locked a row, nor keeps others waiting', async () => {
    const [blocked, free] = [newSession(), newSession()];
    await uow.run('test', async (tx) => {
      for (const session of [blocked, free]) await tx.get(SessionRepository).add(session);
    });
    const unlock = await app.database.lock('select from sessions where id = $1 for update', [blocked.id]);
    try {
      const rename = (id: string) => app.client.call('PATCH', `/v1/sessions/${id}`, { title: 'renamed' });
      const begunAt = performance.now();
      // More than there are connections.
      const waiting = Array.from({ length: 12 }, () => rename(blocked.id));
      await eventually(async () => expect((await rename(free.id)).status).toBe(200));
      expect(performance.now() - begunAt).toBeLessThan(9_000);
      for (const { status, body } of await Promise.all(waiting)) {
        expect([status, body.code]).toEqual([503, 'database.unavailable']);
      }
    } finally {
      await unlock();
    }
    expect(await titleOf(blocked.id)).toBe('x');
  });

  it('refuses to begin inside another one', async () => {
    const nested = uow.run('outer', () => uow.run('inner', async () => undefined));
    await expect(nested).rejects.toBeInstanceOf(UnitOfWorkMisuse);
  });

  it('refuses to begin while a model call is open on the same path', async () => {
    app.model.reset();
    app.model.script({ text: 'hello there' });
    const refused: unknown[] = [];
    await app.nest.get(LanguageModel).answer(
      { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'hi' }], tools: [] },
      {
        onText: () => {
          void uow
            .run('inside_model_call', async () => undefined)
            .catch((error: unknown) => refused.push(error));
        },
      },
      new AbortController().signal,
    );
    await uow.run('after_model_call', async () => undefined);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((error) => error instanceof UnitOfWorkMisuse)).toBe(true);
  });

  it('lets no model call begin inside it', async () => {
    const calling = uow.run('test', () =>
      app.nest
        .get(LanguageModel)
        .answer(
          { model: 'gpt-5-mini', messages: [], tools: [] },
          { onText: () => undefined },
          new AbortController().signal,
        ),
    );
    await expect(calling).rejects.toBeInstanceOf(UnitOfWorkMisuse);
  });

  it('publishes after the commit only, and a listener may open another one', async () => {
    const session = newSession();
    await uow.run('test', (tx) => tx.get(SessionRepository).add(session));
    const seen: unknown[] = [];
    const heard = new Promise<void>((resolve, reject) => {
      app.nest
        .get(EventHub)
        .of(session.id, () => 0)
        .subscribe(() => {
          uow
            .run('in_listener', async (tx) =>
              seen.push((await tx.get(SessionRepository).peek(session.id, 'local')).snapshot().title),
            )
            .then(() => resolve(), reject);
        });
    });
    await uow.run('test', async (tx) => {
      const mine = await tx.get(SessionRepository).get(session.id, 'local');
      mine.rename('renamed', new Date());
      await tx.get(SessionRepository).save(mine);
      tx.record({ type: 'synopsis.updated', sessionId: session.id, runId: null, data: { version: 1 } });
      await pause(20);
      expect(seen).toEqual([]);
    });
    await heard;
    expect(seen).toEqual(['renamed']);
  });

  it('publishes what it has stored even if a callback after its commit throws', async () => {
    const session = newSession();
    await uow.run('test', (tx) => tx.get(SessionRepository).add(session));
    const heard: unknown[] = [];
    const reading = app.nest
      .get(EventHub)
      .of(session.id, () => 0)
      .subscribe((events) => heard.push(...events));
    const failing = uow.run('test', async (tx) => {
      tx.afterCommit(() => {
        throw new Error('a defect');
      });
      tx.record({ type: 'synopsis.updated', sessionId: session.id, runId: null, data: { version: 1 } });
    });
    await expect(failing).rejects.toThrow('a defect');
    reading.unsubscribe();
    expect(heard).toMatchObject([{ type: 'synopsis.updated' }]);
  });

  it('warns of one that is open for longer than 100 ms, by name', async () => {
    const warn = vi.spyOn(ConsoleLogger.prototype, 'warn').mockImplementation(() => undefined);
    app.nest.useLogger(new ConsoleLogger());
    try {
      await uow.run('test_slow', () => pause(130));
      await uow.run('test_quick', async () => undefined);
    } finally {
      app.nest.useLogger(false);
    }
    const told = JSON.stringify(warn.mock.calls);
    warn.mockRestore();
    expect(told).toContain('test_slow');
    expect(told).toContain('slow transaction');
    expect(told).not.toContain('test_quick');
  });
});
