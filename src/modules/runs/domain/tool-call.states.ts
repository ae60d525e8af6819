import { StateMachine } from '../../../shared/domain/state-machine.js';

/** The final statuses of a call. */
export const TOOL_CALL_ENDS = ['completed', 'failed', 'rejected', 'expired', 'cancelled'] as const;
export const TOOL_CALL_STATUSES = ['awaiting_approval', 'requested', ...TOOL_CALL_ENDS] as const;

export type ToolCallEnd = (typeof TOOL_CALL_ENDS)[number];
export type ToolCallStatus = (typeof TOOL_CALL_STATUSES)[number];

export type ToolCallAction = 'request' | 'reclaim' | 'complete' | 'fail' | 'reject' | 'expire' | 'cancel';

/**
 * `awaiting_approval`: the client must not execute it yet. A call that the runtime itself answers or refuses is never
 * requested. `reclaim`: a human is asked again, since a client that has lost its claim may have begun it.
 */
export const toolCallStatus = new StateMachine<ToolCallStatus, ToolCallAction>({
  awaiting_approval: {
    request: 'requested',
    complete: 'completed',
    fail: 'failed',
    reject: 'rejected',
    cancel: 'cancelled',
  },
  requested: {
    reclaim: 'awaiting_approval',
    complete: 'completed',
    fail: 'failed',
    expire: 'expired',
    cancel: 'cancelled',
  },
  completed: {},
  failed: {},
  rejected: {},
  expired: {},
  cancelled: {},
});

/** Why a client could not do what a tool was asked for, where plugins agree on a code. */
export const TOOL_ERROR_CODES = [
  'edit.no_match',
  'edit.not_unique',
  'edit.stale',
  'edit.identical',
  'file.not_found',
  'file.exists',
] as const;

export type ToolErrorCode = (typeof TOOL_ERROR_CODES)[number];
