import { describe, expect, it } from 'vitest';
import { ApprovalAlreadyDecided, ApprovalExpired } from './approval.errors.js';
import { Approval, Verdict } from './approval.js';
import { approvalStatus } from './approval.states.js';

const NOW = new Date('2026-11-20T10:00:00Z');
const EARLIER = new Date('2026-11-20T09:00:00Z');
const LATER = new Date('2026-11-20T10:00:05Z');
const DEADLINE = new Date('2026-11-20T10:01:00Z');

const request = (kind: 'tool_call' | 'plan' = 'tool_call') =>
  Approval.request({
    id: 'q',
    sessionId: 's',
    runId: 'r',
    userId: 'u',
    kind,
    callId: 'c',
    planId: kind === 'plan' ? 'p' : null,
    toolName: kind === 'plan' ? 'create_plan' : 'write_file',
    subject: 'write_file a.txt',
    arguments: kind === 'plan' ? null : { path: 'a.txt', content: 'A' },
    guard: null,
    reason: 'It changes a file',
    expiresAt: DEADLINE,
    createdAt: NOW,
  });

const verdict = (given: Partial<Verdict> = {}): Verdict => ({
  decision: 'approve',
  feedback: null,
  modifiedArguments: null,
  remember: false,
  ...given,
});

describe('an approval', () => {
  it('goes these ways and no other', () => {
    expect(approvalStatus.transitions).toEqual({
      pending: {
        approve: 'approved',
        edit: 'approved',
        reject: 'rejected',
        modify: 'changes_requested',
        cancel: 'cancelled',
      },
      approved: {},
      rejected: {},
      changes_requested: {},
      cancelled: {},
    });
  });

  it('is announced by itself for a tool call; a plan is announced with the plan', () => {
    expect(request().pullEvents()).toMatchObject([
      { type: 'approval.requested', data: { approval: { id: 'q', call_id: 'c', status: 'pending' } } },
    ]);
    expect(request('plan').pullEvents()).toEqual([]);
  });

  it('tells who decided what, and how long that took', () => {
    const approval = request();
    approval.pullEvents();
    approval.decide(verdict({ decision: 'reject', feedback: 'not there' }), 'alice', LATER);
    expect(approval.snapshot()).toMatchObject({ status: 'rejected', decidedBy: 'alice', decidedAt: LATER });
    expect(approval.pullEvents().map(({ type, data }) => [type, data])).toEqual([
      [
        'approval.resolved',
        {
          approval_id: 'q',
          kind: 'tool_call',
          decision: 'reject',
          decided_by: 'alice',
          reason: 'not there',
          waited_ms: 5000,
        },
      ],
    ]);
  });

  it('took no time where the clock of the database was set back', () => {
    const approval = request();
    approval.decide(verdict({ decision: 'approve' }), 'alice', EARLIER);
    expect(approval.pullEvents().at(-1)).toMatchObject({ data: { waited_ms: 0 } });
  });

  it('is decided once, by the first decision, expiry or cancellation', () => {
    const ends: ((approval: Approval) => void)[] = [
      (approval) => approval.decide(verdict(), 'alice', LATER),
      (approval) => approval.decide(verdict({ decision: 'reject' }), 'alice', LATER),
      (approval) => approval.cancel('run_cancelled', LATER),
      (approval) => approval.expire(DEADLINE),
    ];
    for (const first of ends) {
      const approval = request();
      first(approval);
      approval.pullEvents();
      const decided = approval.snapshot();
      for (const again of ends) {
        expect(() => again(approval)).toThrow(approval.hasExpired ? ApprovalExpired : ApprovalAlreadyDecided);
      }
      expect(approval.snapshot()).toEqual(decided);
      expect(approval.pullEvents()).toEqual([]);
    }
  });

  it('cannot be decided after its deadline, also before anybody noticed', () => {
    expect(() => request().decide(verdict(), 'alice', DEADLINE)).toThrow(ApprovalExpired);
    const approval = request();
    approval.expire(DEADLINE);
    expect(approval.snapshot()).toMatchObject({
      status: 'rejected',
      decision: 'reject',
      decidedBy: 'runtime',
      feedback: 'expired',
    });
  });

  it('knows its own decision again, in whatever order the arguments come', () => {
    const approval = request();
    const edit = verdict({
      decision: 'edit',
      modifiedArguments: { path: 'b', content: 'B', deep: { x: 1, y: [2] } },
    });
    expect(approval.wasDecided(edit)).toBe(false);
    approval.decide(edit, 'alice', LATER);
    expect(
      approval.wasDecided({
        ...edit,
        modifiedArguments: { deep: { y: [2], x: 1 }, content: 'B', path: 'b' },
      }),
    ).toBe(true);
    for (const other of [
      { ...edit, modifiedArguments: { path: 'c', content: 'B' } },
      { ...edit, feedback: 'more' },
      { ...edit, remember: true },
      verdict(),
    ]) {
      expect(approval.wasDecided(other)).toBe(false);
    }
  });
});
