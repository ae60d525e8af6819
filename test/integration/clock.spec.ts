import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JobOutbox } from '../../src/modules/jobs/application/job-outbox.js';
import { ExpireApprovals } from '../../src/modules/runs/application/supervision/expire-approvals.js';
import { ExpireToolCalls } from '../../src/modules/runs/application/supervision/expire-tool-calls.js';
import { DeltaPruner } from '../../src/shared/infrastructure/events/delta-pruner.js';
import { DatabaseClock } from '../../src/shared/infrastructure/persistence/database-clock.js';
import { IdempotencyKeyPruner } from '../../src/shared/infrastructure/persistence/idempotency-key-pruner.js';
import { eventually } from '../support/eventually.js';
import { askedIn, callIn, reads, writes } from '../support/scenes.js';
import { TestApp } from '../support/test-app.js';

/** A measurement is as exact as the answer of the database was quick. */
const NEARLY_MS = 1_000;

describe('the clock', () => {
  let app: TestApp;
  let clock: DatabaseClock;

  beforeAll(async () => {
    app = await TestApp.start({ APPROVAL_TIMEOUT_SECONDS: '3600' });
    clock = app.nest.get(DatabaseClock);
  });
  afterAll(() => app.stop());
  afterEach(() => vi.restoreAllMocks());

  it('is the database’s', async () => {
    const before = clock.now();
    const [row] = await app.database.rows<{ now: Date }>('select clock_timestamp() as now');
    const after = clock.now();
    expect(row!.now.getTime()).toBeGreaterThanOrEqual(before.getTime() - NEARLY_MS);
    expect(row!.now.getTime()).toBeLessThanOrEqual(after.getTime() + NEARLY_MS);
  });

  it('is measured soon after the connection for notices was lost: there may be another server', async () => {
    const measureSoon = vi.spyOn(clock, 'measureSoon');
    await app.database.rows(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'agent-runtime notices'`,
    );
    await eventually(() => expect(measureSoon).toHaveBeenCalledOnce());
  });

  it('does not decide what is due: that is asked of the database', async () => {
    app.model.script({ text: 'Several words, which are deltas.' }, reads(), writes());
    const keyed = app.client.with({ 'idempotency-key': 'once' });
    const sessionId = await keyed.openSession();
    await app.client.ask(sessionId, 'Talk', { agent: 'ask' });
    const callId = callIn(await app.client.ask(sessionId, 'Read', { agent: 'coder' }));
    const asked = askedIn(await app.client.ask(await app.client.openSession(), 'Write', { agent: 'coder' }));
    const { body } = await app.client.post('/v1/jobs/agents/ask/1.0.0', {
      session_id: sessionId,
      query: 'Why?',
    });
    await eventually(async () =>
      expect(await app.database.rows('select 1 from jobs where delivered_at is not null')).toHaveLength(1),
    );
    await app.database.rows(
      `update jobs set available_at = now() + interval '1 hour', delivered_at = null where id = $1`,
      [body.job_id],
    );

    await app.database.rows(
      'update delta_slots set opened_at = now(), closed_at = now(), settled_at = now() where slot = 1',
    );

    vi.spyOn(clock, 'now').mockReturnValue(new Date(clock.now().getTime() + 25 * 3_600_000));
    await app.nest.get(ExpireToolCalls).execute();
    await app.nest.get(ExpireApprovals).execute();
    expect(await app.nest.get(JobOutbox).take(0, 100)).toEqual([]);
    expect(await app.nest.get(JobOutbox).msToNextDue()).toBeGreaterThan(3_000_000);
    expect(await app.nest.get(DeltaPruner).prune()).toEqual([]);
    expect(await app.nest.get(IdempotencyKeyPruner).prune()).toBe(0);
    expect(await keyed.openSession()).toBe(sessionId);
    expect(
      await app.database.rows('select status from tool_calls where id = any($1) order by status', [
        [callId, asked.call_id],
      ]),
    ).toEqual([{ status: 'awaiting_approval' }, { status: 'requested' }]);
  });
});
