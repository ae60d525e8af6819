import { describe, expect, it } from 'vitest';
import { ToolCallTransitionNotAllowed } from './run.errors.js';
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
  complete: (call) => call.complete(NOW),
  fail: (call) => call.fail(NOW),
  reject: (call) => call.reject(NOW),
  expire: (call) => call.expire(NOW),
  cancel: (call) => call.cancel(NOW),
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
    const type = verb === 'request' ? 'tool_call.requested' : 'tool_call.settled';
    expect(call.pullEvents()).toMatchObject([{ type, sessionId: 's', runId: 'r', data: { call_id: 'c' } }]);
    expect(call.snapshot().settledAt).toEqual(verb === 'request' ? null : NOW);
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
