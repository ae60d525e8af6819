import { describe, expect, it } from 'vitest';
import { LeaseLost } from '../../../shared/domain/lease.js';
import { JobTransitionNotAllowed } from './job.errors.js';
import { Job, JobState } from './job.js';
import { JOB_STATUSES, JobAction, JobStatus, jobStatus } from './job.states.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const LEASE = { owner: 'here', token: 'mine' };
const RULES = { retries: 3, retryDelaySeconds: 120 };
const FAULT = { code: 'model.unavailable', message: 'The model cannot be reached' };
const after = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

const queue = () =>
  Job.queue(
    {
      id: 'j',
      type: 'agent:ask',
      agent: 'ask',
      agentVersion: '1.0.0',
      payload: { query: 'Why?' },
      sessionId: 's',
      userId: 'u',
      traceId: 't',
      traceparent: null,
    },
    NOW,
  );

const running = () => {
  const job = queue();
  job.start(LEASE, 900, NOW);
  job.pullEvents();
  return job;
};

const inState = (status: JobStatus, more: Partial<JobState> = {}) =>
  Job.restore({ ...running().snapshot(), status, ...more });

const VERBS: Readonly<Record<JobAction, (job: Job) => void>> = {
  start: (job) => job.start(LEASE, 900, NOW),
  complete: (job) => job.complete({ text: 'So.' }, NOW),
  fail: (job) => job.fail(FAULT, NOW),
  cancel: (job) => job.cancel(NOW),
  retry: (job) => job.failAttempt(FAULT, true, RULES, NOW),
  release: (job) => job.release('handed_over', NOW),
};

const TRANSITIONS = {
  queued: { start: 'running', fail: 'failed', cancel: 'cancelled' },
  running: { complete: 'done', fail: 'failed', cancel: 'cancelled', retry: 'queued', release: 'queued' },
  done: {},
  failed: {},
  cancelled: {},
};

describe('a job', () => {
  it('goes these ways and no other', () => {
    expect(jobStatus.transitions).toEqual(TRANSITIONS);
  });

  const cases = JOB_STATUSES.flatMap((status) =>
    (Object.keys(VERBS) as JobAction[]).map((action) => ({
      status,
      action,
      to: jobStatus.next(status, action),
    })),
  );

  it.each(cases.filter(({ to }) => to))('that is $status: $action makes it $to, and tells so', (given) => {
    const job = inState(given.status);
    VERBS[given.action](job);
    expect(job.snapshot().status).toBe(given.to);
    expect(job.pullEvents()).toMatchObject([
      { type: 'job.status_changed', sessionId: 's', runId: null, data: { job_id: 'j', status: given.to } },
    ]);
  });

  it.each(cases.filter(({ to }) => !to))('that is $status refuses to $action', ({ status, action }) => {
    const job = inState(status);
    const before = job.snapshot();
    expect(() => VERBS[action](job)).toThrow(JobTransitionNotAllowed);
    expect(job.snapshot()).toEqual(before);
    expect(job.pullEvents()).toEqual([]);
  });

  it('is known by its agent, the version, and the session', () => {
    expect(queue().snapshot()).toMatchObject({
      type: 'agent:ask',
      idempotencyKey: 'agent:ask@1.0.0:session:s',
      status: 'queued',
      attempt: 1,
    });
  });

  it('is tried again after 2, 4 and 8 minutes, then it has failed', () => {
    const job = queue();
    const waits: number[] = [];
    let now = NOW;
    for (let attempt = 1; attempt <= 3; attempt++) {
      job.start(LEASE, 900, now);
      job.attachRun(`run ${attempt}`);
      job.failAttempt(FAULT, true, RULES, now);
      const { status, availableAt, ...rest } = job.snapshot();
      expect(status).toBe('queued');
      expect(rest).toMatchObject({ attempt: attempt + 1, error: FAULT, runId: null, deadlineAt: null });
      expect(rest).toMatchObject({ leaseOwner: null, leaseToken: null });
      waits.push((availableAt.getTime() - now.getTime()) / 60_000);
      now = availableAt;
    }
    expect(waits).toEqual([2, 4, 8]);
    job.start(LEASE, 900, now);
    job.failAttempt(FAULT, true, RULES, now);
    expect(job.snapshot()).toMatchObject({ status: 'failed', attempt: 4, error: FAULT, finishedAt: now });
  });

  it.each([
    ['the provider asks for a longer wait', after(10_800), after(10_800)],
    ['its own wait is longer', after(3), after(120)],
  ])('is tried again when both waits are over: %s', (_which, notBefore, availableAt) => {
    const job = running();
    job.failAttempt(FAULT, true, RULES, NOW, notBefore);
    expect(job.snapshot()).toMatchObject({ status: 'queued', availableAt });
  });

  it('is not tried again where that would change nothing, or is not wanted', () => {
    const hopeless = running();
    hopeless.failAttempt(FAULT, false, RULES, NOW);
    expect(hopeless.snapshot()).toMatchObject({ status: 'failed', attempt: 1 });
    const once = running();
    once.failAttempt(FAULT, true, { retries: 0, retryDelaySeconds: 1 }, NOW);
    expect(once.snapshot()).toMatchObject({ status: 'failed', attempt: 1 });
  });

  it('took no time where the clock of the database was set back', () => {
    const job = running();
    job.complete({ text: 'So.' }, after(-60));
    expect(job.pullEvents().at(-1)).toMatchObject({ data: { duration_ms: 0 } });
  });

  it('forgets why an attempt failed once another one is done', () => {
    const job = running();
    job.failAttempt(FAULT, true, RULES, NOW);
    job.start(LEASE, 900, after(120));
    job.complete({ text: 'So.' }, after(121));
    expect(job.snapshot()).toMatchObject({ status: 'done', error: null, result: { text: 'So.' } });
    expect(job.pullEvents().at(-1)).toMatchObject({
      data: { status: 'done', attempt: 2, duration_ms: 1000 },
    });
  });

  it('gets no more time by going on elsewhere', () => {
    const job = running();
    job.release('handed_over', after(600));
    expect(job.snapshot()).toMatchObject({ attempt: 1, recoveries: 0, availableAt: after(600) });
    job.start({ owner: 'there', token: 'theirs' }, 900, after(700));
    expect(job.snapshot().deadlineAt).toEqual(after(900));
  });

  it('counts as lost when four of those who carried it out are gone, in one attempt', () => {
    const job = running();
    for (let lost = 1; lost <= 4; lost++) {
      expect(job.isExhausted).toBe(false);
      job.release('lost', NOW);
      if (lost < 4) job.start(LEASE, 900, NOW);
    }
    expect(job.isExhausted).toBe(true);
    const again = running();
    again.release('lost', NOW);
    again.start(LEASE, 900, NOW);
    again.failAttempt(FAULT, true, RULES, NOW);
    expect(again.snapshot().recoveries).toBe(0);
  });

  it('is only the affair of who has its lease', () => {
    const job = running();
    expect(() => job.requireLease('mine')).not.toThrow();
    expect(() => job.requireLease('theirs')).toThrow(LeaseLost);
    job.release('lost', NOW);
    expect(() => job.requireLease('mine')).toThrow(LeaseLost);
  });
});
