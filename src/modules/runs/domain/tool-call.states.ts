import { StateMachine } from '../../../shared/domain/state-machine.js';

/** The final statuses of a call. */
export const TOOL_CALL_ENDS = ['completed', 'failed', 'rejected', 'expired', 'cancelled'] as const;
export const TOOL_CALL_STATUSES = ['awaiting_approval', 'requested', ...TOOL_CALL_ENDS] as const;

export type ToolCallEnd = (typeof TOOL_CALL_ENDS)[number];
export type ToolCallStatus = (typeof TOOL_CALL_STATUSES)[number];

export type ToolCallAction = 'request' | 'complete' | 'fail' | 'reject' | 'expire' | 'cancel';

/**
 * `awaiting_approval`: the client must not execute it yet. A call that the runtime itself answers or refuses is never
 * requested.
 */
export const toolCallStatus = new StateMachine<ToolCallStatus, ToolCallAction>({
  awaiting_approval: {
    request: 'requested',
    complete: 'completed',
    fail: 'failed',
    reject: 'rejected',
    cancel: 'cancelled',
  },
  requested: { complete: 'completed', fail: 'failed', expire: 'expired', cancel: 'cancelled' },
  completed: {},
  failed: {},
  rejected: {},
  expired: {},
  cancelled: {},
});
