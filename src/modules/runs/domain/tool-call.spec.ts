import { describe, expect, it } from 'vitest';
import {
  ToolCallAlreadySettled,
  ToolCallClaimed,
  ToolCallNotClaimed,
  ToolCallNotRequested,
  ToolCallTransitionNotAllowed,
} from './run.errors.js';
import { ToolCall } from './tool-call.js';
import { TOOL_CALL_STATUSES, ToolCallAction, ToolCallStatus, toolCallStatus } from './tool-call.states.js';

const CREATED = new Date('2026-11-20T10:00:00Z');
const DEADLINE = new Date('2026-11-20T11:00:00Z');
const NOW = new Date('2026-11-20T10:00:05Z');

const NEW = {
  id: 'c',
  sessionId: 's',
  runId: 'r',
  messageId: 'm',
  subtaskId: null,
  agent: 'coder',
  toolName: 'read_file',
  arguments: { path: 'a.ts' },
  createdAt: CREATED,
};

const inStatus = (status: ToolCallStatus) =>
  ToolCall.restore({ ...ToolCall.create(NEW).snapshot(), status, deadlineAt: DEADLINE });

const VERBS: Readonly<Record<ToolCallAction, (call: ToolCall) => void>> = {
  request: (call) => call.request(DEADLINE),
  reclaim: (call) => call.release(true),
  complete: (call) => call.complete(NOW),
  fail: (call) => call.fail(NOW),
  reject: (call) => call.reject(NOW),
  expire: (call) => call.expire(NOW),
  cancel: (call) => call.cancel(NOW),
};

/** The events of actions that do not settle a call. */
const TOLD: Partial<Record<ToolCallAction, string>> = {
  request: 'tool_call.requested',
  reclaim: 'tool_call.released',
};

const CASES = TOOL_CALL_STATUSES.flatMap((status) =>
  (Object.keys(VERBS) as ToolCallAction[]).map((verb) => ({ status, verb })),
);

describe('A tool call', () => {
  it.each(CASES)('that is $status: $verb', ({ status, verb }) => {
    const call = inStatus(status);
    const next = toolCallStatus.next(status, verb);
    if (!next) {
      expect(() => VERBS[verb](call)).toThrow(ToolCallTransitionNotAllowed);
      expect(call.status).toBe(status);
      expect(call.pullEvents()).toEqual([]);
      return;
    }
    VERBS[verb](call);
    expect(call.status).toBe(next);
    const type = TOLD[verb] ?? 'tool_call.settled';
    expect(call.pullEvents()).toMatchObject([{ type, sessionId: 's', runId: 'r', data: { call_id: 'c' } }]);
    expect(call.snapshot().settledAt).toEqual(verb in TOLD ? null : NOW);
  });

  it('is requested with the arguments that the user has put in place of the model’s', () => {
    const call = ToolCall.create({ ...NEW, subtaskId: 't' });
    call.edit({ path: 'b.ts' });
    call.request(DEADLINE);
    expect(call.snapshot()).toMatchObject({ status: 'requested', edited: true, deadlineAt: DEADLINE });
    expect(call.pullEvents()).toEqual([
      {
        type: 'tool_call.requested',
        sessionId: 's',
        runId: 'r',
        data: {
          call_id: 'c',
          tool_name: 'read_file',
          source: 'builtin',
          arguments: { path: 'b.ts' },
          agent: 'coder',
          subtask_id: 't',
          deadline_at: DEADLINE.toISOString(),
        },
      },
    ]);
  });

  it('is discarded without an event to clients', () => {
    const call = ToolCall.create(NEW);
    call.discard(NOW);
    expect(call.snapshot()).toMatchObject({ status: 'cancelled', settledAt: NOW });
    expect(call.pullEvents()).toEqual([]);
  });

  it.each([
    ['before its deadline', new Date(DEADLINE.getTime() - 1), false],
    ['at its deadline', DEADLINE, true],
  ])('is overdue %s: %s', (_when, now, overdue) => {
    expect(inStatus('requested').isOverdue(now)).toBe(overdue);
  });
});

const LEASE_END = new Date('2026-11-20T10:01:00Z');
const LATER = new Date('2026-11-20T10:02:00Z');

/** How a call stands: none has claimed it, `a` holds it, the claim of `a` was released, or a human is asked after that. */
const STANDS = {
  free: () => inStatus('requested'),
  held: () => {
    const call = inStatus('requested');
    call.claim('a', LEASE_END);
    return call;
  },
  released: () => {
    const call = STANDS.held();
    call.release(false);
    return call;
  },
  reclaimed: () => {
    const call = STANDS.held();
    call.release(true);
    return call;
  },
  unapproved: () => ToolCall.create(NEW),
  settled: () => inStatus('completed'),
};

type Stand = keyof typeof STANDS;

describe('The claim of a tool call', () => {
  it.each<[Stand, string, (new (...given: never[]) => Error) | undefined]>([
    ['free', 'a', undefined],
    ['held', 'a', undefined],
    ['held', 'b', ToolCallClaimed],
    ['released', 'a', undefined],
    ['released', 'b', undefined],
    ['reclaimed', 'a', ToolCallNotRequested],
    ['reclaimed', 'b', ToolCallNotRequested],
    ['unapproved', 'a', ToolCallNotRequested],
    ['settled', 'a', ToolCallAlreadySettled],
  ])('that is %s, by %s', (stand, clientId, refusal) => {
    const call = STANDS[stand]();
    call.pullEvents();
    const claim = () => call.claim(clientId, LATER);
    if (refusal) {
      expect(claim).toThrow(refusal);
      expect(call.pullEvents()).toEqual([]);
      return;
    }
    claim();
    expect(call.snapshot()).toMatchObject({ claimedBy: clientId, claimExpiresAt: LATER });
    const told = call.pullEvents().map(({ type, data }) => ({ type, data }));
    const data = { call_id: 'c', client_id: clientId };
    expect(told).toEqual(stand === 'held' ? [] : [{ type: 'tool_call.claimed', data }]);
  });

  it.each<[Stand, string | null, boolean, (new (...given: never[]) => Error) | undefined]>([
    ['free', null, false, undefined],
    ['free', 'b', false, undefined],
    ['free', null, true, ToolCallNotClaimed],
    ['free', 'b', true, ToolCallNotClaimed],
    ['held', 'a', false, undefined],
    ['held', 'a', true, undefined],
    ['held', null, false, ToolCallClaimed],
    ['held', 'b', false, ToolCallClaimed],
    ['released', 'a', true, undefined],
    ['released', null, false, undefined],
    ['released', 'b', true, ToolCallNotClaimed],
    ['reclaimed', 'a', true, undefined],
    ['reclaimed', null, false, ToolCallNotRequested],
    ['reclaimed', 'b', false, ToolCallNotRequested],
    ['unapproved', null, false, ToolCallNotRequested],
    ['unapproved', 'a', false, ToolCallNotRequested],
    ['settled', 'a', false, ToolCallAlreadySettled],
  ])('that is %s: an answer of %s, where a claim is needed: %s', (stand, clientId, isNeeded, refusal) => {
    const answer = () => STANDS[stand]().requireAnswerFrom(clientId, isNeeded);
    if (refusal) expect(answer).toThrow(refusal);
    else expect(answer).not.toThrow();
  });

  it.each<[Stand, string, (new (...given: never[]) => Error) | undefined]>([
    ['held', 'a', undefined],
    ['held', 'b', ToolCallClaimed],
    ['free', 'a', ToolCallNotClaimed],
    ['released', 'a', undefined],
    ['released', 'b', ToolCallNotClaimed],
    ['settled', 'a', ToolCallAlreadySettled],
  ])('that is %s is given back by %s', (stand, clientId, refusal) => {
    const release = () => STANDS[stand]().requireClaimOf(clientId);
    if (refusal) expect(release).toThrow(refusal);
    else expect(release).not.toThrow();
  });

  it('lapses at its end and not before, and only where it is held', () => {
    expect(STANDS.held().hasLapsed(new Date(LEASE_END.getTime() - 1))).toBe(false);
    expect(STANDS.held().hasLapsed(LEASE_END)).toBe(true);
    for (const stand of ['free', 'released', 'reclaimed', 'settled'] as const) {
      expect(STANDS[stand]().hasLapsed(LATER)).toBe(false);
    }
  });

  it('goes to another client, after an approval with the deadline that the call has', () => {
    const call = STANDS.reclaimed();
    expect(call.isOverdue(new Date(DEADLINE.getTime() + 1))).toBe(false); // the approval has its deadline
    call.pullEvents();
    call.request(new Date(DEADLINE.getTime() + 1));
    expect(call.snapshot()).toMatchObject({ status: 'requested', attempt: 2, deadlineAt: DEADLINE });
    const data = { call_id: 'c', attempt: 2, needs_approval: false };
    expect(call.pullEvents()).toMatchObject([{ type: 'tool_call.released', data }]);
    call.claim('b', LATER);
    expect(() => call.requireAnswerFrom('a', false)).toThrow(ToolCallClaimed);
  });
});
