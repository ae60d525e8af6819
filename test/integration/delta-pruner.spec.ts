import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaLog } from '../../src/shared/application/delta-log.js';
import { UnitOfWork } from '../../src/shared/application/unit-of-work.js';
import { DomainEvent } from '../../src/shared/domain/domain-event.js';
import { DeltaPruner } from '../../src/shared/infrastructure/events/delta-pruner.js';
import { isFinished, typesOf } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { TestApp } from '../support/test-app.js';

const RETENTION = 3600;
/** A slot is closed after a quarter of the retention. */
const SLOT = RETENTION / 4;
const FLUSH = 60;

describe('the deltas of answers', () => {
  let app: TestApp;
  let other: TestApp;
  let sessionId: string;

  beforeAll(async () => {
    const env = { EVENT_DELTA_RETENTION_SECONDS: String(RETENTION) };
    app = await TestApp.start(env);
    other = await TestApp.start(env, app);
  });
  afterAll(async () => {
    await other.stop();
    await app.stop();
  });
  beforeEach(async () => {
    app.model.reset();
    sessionId = await app.client.openSession({ agent: 'ask' });
    await app.database.rows('truncate deltas');
    await app.database.rows(`update event_streams set writers = '{}'`);
    await app.database.rows('update delta_slots set opened_at = null, closed_at = null, settled_at = null');
    await app.database.rows('update delta_slots set opened_at = now() where slot = 0');
  });
  const prune = (on = app) => on.nest.get(DeltaPruner).prune();
  const record = (event: DomainEvent) => app.nest.get(UnitOfWork).run('test', async (tx) => tx.record(event));

  /** Lets time pass for the slots. */
  const pass = (seconds: number) =>
    app.database.rows(
      `update delta_slots set opened_at = opened_at - make_interval(secs => $1),
              closed_at = closed_at - make_interval(secs => $1), settled_at = settled_at - make_interval(secs => $1)`,
      [seconds],
    );

  const slots = async () =>
    (
      await app.database.rows<{ slot: number; state: string }>(
        `select slot, case when settled_at is not null then 'settled' when closed_at is not null then 'closed' else 'open' end
                as state from delta_slots where opened_at is not null order by slot`,
      )
    ).map(({ slot, state }) => `${slot} ${state}`);

  const stored = async () =>
    (
      await app.database.rows<{ slot: number; text: string }>(
        'select slot, text from deltas where session_id = $1 order by seq',
        [sessionId],
      )
    ).map(({ slot, text }) => `${slot} ${text}`);

  /** A message with nothing said yet, and what goes on with it or ends it. */
  const begin = async () => {
    const writer = await app.database.letWrite(sessionId);
    const messageId = crypto.randomUUID();
    let offset = 0;
    const say = async (text: string) => {
      const deltas = app.nest.get(DeltaLog);
      deltas.append({ type: 'message.delta', sessionId, messageId, ...writer, offset, text });
      offset += text.length;
      await deltas.flushed(messageId);
    };
    const data = { message_id: messageId, reason: 'recovery' };
    const end = () => record({ type: 'message.discarded', sessionId, runId: writer.runId, data });
    return { say, end, runId: writer.runId };
  };

  /** A message of which one piece is stored. */
  const open = async () => {
    const message = await begin();
    await message.say('one');
    return message;
  };

  /** Closes the open slot, after which no flush writes to it. */
  const close = async () => {
    await pass(SLOT + 1);
    await prune();
    await pass(FLUSH + 1);
  };

  it('go to one slot after the other, each for a part of the retention', async () => {
    const message = await open();
    await pass(SLOT - 30);
    await prune();
    expect(await slots()).toEqual(['0 open']);
    await pass(60);
    await prune();
    expect(await slots()).toEqual(['0 closed', '1 open']);
    await message.say('two');
    expect(await stored()).toEqual(['0 one', '1 two']);
  });

  it('stay in the open slot for as long as there is no empty one', async () => {
    await app.database.rows(`update delta_slots set opened_at = now(), closed_at = now() where slot > 0`);
    await pass(SLOT + 1);
    await prune();
    expect((await slots())[0]).toBe('0 open');
    await open();
    expect(await stored()).toEqual(['0 one']);
  });

  it('are kept for the whole retention after the last message of their slot was over', async () => {
    app.model.script({ text: 'An answer of several words' });
    await app.client.ask(sessionId, 'Say it');
    const message = await open();
    await close();
    await prune();
    expect(await slots()).toEqual(['0 closed', '1 open']);
    await message.end();
    await prune();
    expect(await slots()).toEqual(['0 settled', '1 open']);
    await pass(RETENTION - 60);
    expect(await prune()).toEqual([]);
    expect(await stored()).not.toEqual([]);
    await pass(120);
    const late = await open();
    expect(await prune()).toEqual([0]);
    expect(await stored()).toEqual([expect.stringMatching(/one/)]);
    await late.end();
    const events = await app.client.readUntil(sessionId, isFinished);
    expect(typesOf(events)).toContain('message.completed');
  });

  it('are not kept for a message whose run is over, though nothing says how it ended', async () => {
    const { runId } = await open();
    await close();
    await app.database.rows('update event_streams set writers = writers - $2 where session_id = $1', [
      sessionId,
      runId,
    ]);
    await prune();
    expect(await slots()).toEqual(['0 settled', '1 open']);
  });

  it('keep their slot while a flush that began in time may still write to it', async () => {
    await pass(SLOT + 1);
    await prune();
    await prune();
    expect(await slots()).toEqual(['0 closed', '1 open']);
    await pass(FLUSH + 1);
    await prune();
    expect(await slots()).toEqual(['0 settled', '1 open']);
  });

  it('are kept for an open message whose flush was frozen until its slot was settled', async () => {
    const message = await begin();
    const letGo = await app.database.lock('lock table deltas_0 in share mode', []);
    const said = message.say('one');
    const frozen = `select from pg_locks where relation = 'deltas_0'::regclass and not granted`;
    await eventually(async () => expect(await app.database.rows(frozen)).toHaveLength(1));
    await close();
    await prune();
    expect(await slots()).toEqual(['0 settled', '1 open']);
    await letGo();
    await said;
    await pass(RETENTION + 1);
    expect(await prune()).toEqual([]);
    expect(await stored()).toEqual(['0 one']);
    await message.end();
    await prune();
    await pass(RETENTION - 60);
    expect(await prune()).not.toContain(0);
    await pass(120);
    expect(await prune()).toContain(0);
    expect(await stored()).toEqual([]);
  });

  const settle = async () => {
    await (await open()).end();
    await close();
    await prune();
    await pass(RETENTION + 1);
  };

  it('are kept for a reader that has them locked, which is not waited for', async () => {
    await settle();
    const letGo = await app.database.lock('select from deltas where session_id = $1', [sessionId]);
    const begunAt = performance.now();
    expect(await prune()).toEqual([]);
    expect(performance.now() - begunAt).toBeLessThan(2_500); // elsewhere 3 s
    expect(await stored()).toEqual(['0 one']);
    await letGo();
    expect(await prune()).toEqual([0]);
    expect(await stored()).toEqual([]);
  });

  it('are pruned by two processes at once as by one', async () => {
    await settle();
    await pass(SLOT);
    const emptied = await Promise.all([prune(), prune(other), prune(), prune(other)]);
    expect(emptied.flat()).toEqual([0]);
    expect((await slots()).filter((slot) => slot.endsWith('open'))).toHaveLength(1);
  });

  it('are pruned after the clock of the database was set back', async () => {
    await pass(-24 * 3600);
    await prune();
    expect(await slots()).toEqual(['0 closed', '1 open']);
    await pass(-24 * 3600);
    await prune();
    expect((await slots())[0]).toBe('0 settled');
    await pass(-24 * 3600);
    expect(await prune()).toContain(0);
  });
});
