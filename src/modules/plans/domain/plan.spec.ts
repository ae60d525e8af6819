import { describe, expect, it } from 'vitest';
import { PlanAction, PlanStatus, planStatus } from './plan.states.js';
import { PlanTransitionNotAllowed } from './plan.errors.js';
import { Plan } from './plan.js';
import { subtaskStatus } from './subtask.states.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const ERROR = { code: 'model.unavailable', message: 'gone' };

let acts = 0;
const act = (by = 'alice', reason?: string) => ({
  id: `act-${++acts}`,
  by,
  reason: reason ?? null,
  now: NOW,
});

const PROPOSAL = {
  title: 'A tool',
  description: 'Small',
  subtasks: [
    { title: 'One', description: 'first', agent: 'coder', estimatedMinutes: 5, dependencies: [] },
    { title: 'Two', description: 'second', agent: 'debug', estimatedMinutes: null, dependencies: [0, 0] },
  ],
};
const IDS = ['s1', 's2'];

const draft = () =>
  Plan.draft({ id: 'p', sessionId: 's', runId: 'r', userId: 'u' }, PROPOSAL, IDS, act('architect'));

/** Brings a plan to each status, through its methods only. */
const WAYS: Record<PlanStatus, (plan: Plan) => void> = {
  draft: () => undefined,
  review: (plan) => plan.submit('q1', act('architect')),
  approved: (plan) => {
    WAYS.review(plan);
    plan.approve('q1', act());
  },
  executing: (plan) => {
    WAYS.approved(plan);
    plan.start(act('runtime'));
  },
  completed: (plan) => {
    WAYS.executing(plan);
    while (plan.startNext(NOW)) plan.finishSubtask('done', NOW);
    plan.complete(act('runtime'));
  },
  failed: (plan) => {
    WAYS.executing(plan);
    plan.startNext(NOW);
    plan.fail(ERROR, act('runtime'));
  },
  rejected: (plan) => {
    WAYS.review(plan);
    plan.reject('q1', act());
  },
  cancelled: (plan) => plan.cancel(act()),
};

const VERBS: Record<PlanAction, (plan: Plan) => void> = {
  submit: (plan) => plan.submit('q2', act()),
  approve: (plan) => plan.approve('q2', act()),
  reject: (plan) => plan.reject('q2', act()),
  request_changes: (plan) => plan.requestChanges('q2', act()),
  start: (plan) => plan.start(act()),
  complete: (plan) => plan.complete(act()),
  fail: (plan) => plan.fail(ERROR, act()),
  retry: (plan) => plan.retry('r2', act()),
  cancel: (plan) => plan.cancel(act()),
};

const inStatus = (status: PlanStatus): Plan => {
  const plan = draft();
  WAYS[status](plan);
  expect(plan.status).toBe(status);
  return plan;
};

const statuses = Object.keys(WAYS) as PlanStatus[];
const actions = Object.keys(VERBS) as PlanAction[];
const events = (plan: Plan) => plan.pullEvents().map(({ type, data }) => [type, data] as const);

describe('a plan', () => {
  it('goes these ways and no other', () => {
    expect(planStatus.transitions).toEqual({
      draft: { submit: 'review', cancel: 'cancelled' },
      review: { approve: 'approved', reject: 'rejected', request_changes: 'draft', cancel: 'cancelled' },
      approved: { start: 'executing', cancel: 'cancelled' },
      executing: { complete: 'completed', fail: 'failed', cancel: 'cancelled' },
      failed: { retry: 'executing', cancel: 'cancelled' },
      completed: {},
      rejected: {},
      cancelled: {},
    });
  });

  it.each(statuses.flatMap((status) => actions.map((action) => ({ status, action }))))(
    'that is $status: $action',
    ({ status, action }) => {
      const plan = inStatus(status);
      // All subtasks are done, so that only the status decides.
      if (status === 'executing') while (plan.startNext(NOW)) plan.finishSubtask('done', NOW);
      plan.pullEvents();
      plan.pullTransitions();
      const before = plan.snapshot();
      const to = planStatus.next(status, action);
      if (to) {
        VERBS[action](plan);
        expect(plan.status).toBe(to);
        expect(plan.pullTransitions()).toMatchObject([{ action, fromStatus: status, toStatus: to }]);
        return;
      }
      expect(() => VERBS[action](plan)).toThrow(PlanTransitionNotAllowed);
      expect(plan.snapshot()).toEqual(before);
      expect([plan.pullEvents(), plan.pullTransitions()]).toEqual([[], []]);
    },
  );

  it('says what is possible instead', () => {
    expect(() => inStatus('failed').approve('q', act())).toThrow(
      expect.objectContaining({ details: { plan_status: 'failed', allowed_actions: ['retry', 'cancel'] } }),
    );
    expect(() => inStatus('rejected').cancel(act())).toThrow(
      expect.objectContaining({ details: { plan_status: 'rejected', allowed_actions: [] } }),
    );
  });

  it('is born a draft, and a human is asked when it is submitted', () => {
    const plan = draft();
    expect(plan.snapshot()).toMatchObject({ status: 'draft', revision: 1, approvalId: null });
    expect(plan.snapshot().subtasks.map((subtask) => subtask.dependencies)).toEqual([[], ['s1']]);
    plan.submit('q1', act('architect'));
    expect(events(plan)).toMatchObject([
      ['plan.created', { plan: { status: 'draft', version: 1 } }],
      ['plan.status_changed', { from: 'draft', to: 'review' }],
      ['plan.approval_required', { approval_id: 'q1', plan: { status: 'review' } }],
    ]);
  });

  it('keeps who did what, when, why, and by which decision', () => {
    const plan = inStatus('review');
    plan.requestChanges('q1', act('alice', 'test first'));
    plan.revise({ ...PROPOSAL, title: 'Better' }, ['s3', 's4'], NOW);
    plan.submit('q2', act('architect'));
    plan.approve('q2', act('bob'));
    expect(
      plan
        .pullTransitions()
        .map(({ action, revision, decidedBy, reason, approvalId, createdAt }) => [
          ...[action, revision, decidedBy, reason, approvalId, createdAt],
        ]),
    ).toEqual([
      ['create', 1, 'architect', null, null, NOW],
      ['submit', 1, 'architect', null, 'q1', NOW],
      ['request_changes', 1, 'alice', 'test first', 'q1', NOW],
      ['submit', 2, 'architect', null, 'q2', NOW],
      ['approve', 2, 'bob', null, 'q2', NOW],
    ]);
    expect(plan.snapshot()).toMatchObject({ title: 'Better', revision: 2, approvalId: 'q2' });
  });

  it('changes its subtasks in draft only, and cannot be submitted without any', () => {
    for (const status of statuses.filter((each) => each !== 'draft')) {
      expect(() => inStatus(status).revise(PROPOSAL, IDS, NOW)).toThrow(PlanTransitionNotAllowed);
    }
    const plan = inStatus('review');
    plan.requestChanges('q1', act());
    expect(() => plan.submit('q2', act())).toThrow(PlanTransitionNotAllowed);
    plan.revise({ ...PROPOSAL, subtasks: [] }, [], NOW);
    expect(() => plan.submit('q2', act())).toThrow(/without subtasks/);
  });

  it('carries its subtasks out in order, one at a time, and is complete when all are done', () => {
    const plan = inStatus('executing');
    expect(() => plan.complete(act())).toThrow(/not done/);
    expect(plan.startNext(NOW)).toMatchObject({ id: 's1', attempt: 1, startedAt: NOW });
    expect(() => plan.startNext(NOW)).toThrow(PlanTransitionNotAllowed);
    plan.finishSubtask('first result', NOW);
    expect(() => plan.finishSubtask('again', NOW)).toThrow(PlanTransitionNotAllowed);
    expect(() => plan.complete(act())).toThrow(/not done/);
    expect(plan.startNext(NOW)?.id).toBe('s2');
    plan.pullEvents();
    plan.finishSubtask('second', NOW);
    expect(events(plan)).toEqual([
      [
        'subtask.status_changed',
        {
          plan_id: 'p',
          subtask_id: 's2',
          from: 'running',
          to: 'done',
          progress: { done: 2, failed: 0, total: 2 },
        },
      ],
    ]);
    expect(plan.startNext(NOW)).toBeUndefined();
    plan.complete(act());
    expect(plan.snapshot().subtasks.map(({ result }) => result)).toEqual(['first result', 'second']);
  });

  it('gives a failed subtask one more attempt, then fails and skips the rest; a retry goes on from there', () => {
    const plan = inStatus('executing');
    plan.startNext(NOW);
    expect(plan.failSubtask(ERROR, NOW)).toBe(true);
    expect(plan.startNext(NOW)).toMatchObject({ id: 's1', attempt: 2, error: ERROR });
    expect(plan.failSubtask(ERROR, NOW)).toBe(false);
    plan.fail(ERROR, act('runtime'));
    expect(plan.snapshot().subtasks.map(({ status }) => status)).toEqual(['failed', 'skipped']);
    plan.pullEvents();
    plan.retry('r2', act());
    expect(plan.snapshot()).toMatchObject({
      status: 'executing',
      runId: 'r2',
      subtasks: [{ status: 'pending', attempt: 0 }, { status: 'pending' }],
    });
    expect(new Set(plan.pullEvents().map(({ runId }) => runId))).toEqual(new Set(['r2']));
    expect(plan.startNext(NOW)).toMatchObject({ id: 's1', attempt: 1 });
  });

  it('leaves what is done alone when it is retried', () => {
    const plan = inStatus('executing');
    plan.startNext(NOW);
    plan.finishSubtask('kept', NOW);
    plan.startNext(NOW);
    plan.fail(ERROR, act('runtime'));
    plan.retry('r2', act());
    expect(plan.snapshot().subtasks).toMatchObject([
      { status: 'done', result: 'kept' },
      { status: 'pending' },
    ]);
    expect(plan.startNext(NOW)?.id).toBe('s2');
  });

  it('that is cancelled stops what runs and skips what has not begun', () => {
    const plan = inStatus('executing');
    plan.startNext(NOW);
    plan.cancel(act());
    expect(plan.snapshot().subtasks.map(({ status }) => status)).toEqual(['failed', 'skipped']);
  });

  it('tells nothing in a run that has ended: the end of a failed plan belongs to the session', () => {
    const plan = inStatus('failed');
    plan.pullEvents();
    plan.cancel(act());
    expect(plan.pullEvents()).toMatchObject([{ type: 'plan.status_changed', runId: null }]);
  });

  it('hands on only the subtasks that are new or changed', () => {
    const plan = inStatus('executing');
    expect(plan.pullSubtasks().map(({ id }) => id)).toEqual(['s1', 's2']);
    expect(plan.pullSubtasks()).toEqual([]);
    plan.startNext(NOW);
    expect(plan.pullSubtasks().map(({ id, status }) => [id, status])).toEqual([['s1', 'running']]);
  });
});

describe('a subtask', () => {
  it('goes these ways and no other', () => {
    expect(subtaskStatus.transitions).toEqual({
      pending: { start: 'running', skip: 'skipped' },
      running: { finish: 'done', fail: 'failed' },
      done: {},
      failed: { retry: 'pending' },
      skipped: { retry: 'pending' },
    });
  });
});
