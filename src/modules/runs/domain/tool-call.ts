import { JsonValue } from '../../../shared/domain/json.js';
import { StateMachine } from '../../../shared/domain/state-machine.js';

/** How a call can end. */
export const TOOL_CALL_ENDS = ['completed', 'failed', 'rejected', 'expired', 'cancelled'] as const;
export const TOOL_CALL_STATUSES = ['awaiting_approval', 'requested', ...TOOL_CALL_ENDS] as const;

export type ToolCallEnd = (typeof TOOL_CALL_ENDS)[number];
export type ToolCallStatus = (typeof TOOL_CALL_STATUSES)[number];

export type ToolCallAction = 'request' | 'complete' | 'fail' | 'reject' | 'expire' | 'cancel';

/** `awaiting_approval`: of the client's hands off; what the runtime answers itself completes without being requested. */
export const toolCallStatus = new StateMachine<ToolCallStatus, ToolCallAction>({
  awaiting_approval: {
    request: 'requested',
    complete: 'completed',
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

/** A model's wish to run a tool. */
export interface ToolCall {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly messageId: string;
  /** Of a plan that is carried out. */
  readonly subtaskId: string | null;
  readonly agent: string;
  /** As the model named it; not always one there is. */
  readonly toolName: string;
  /** As they are to be executed. */
  readonly arguments: JsonValue;
  /** The user changed the arguments before allowing the call. */
  readonly edited: boolean;
  readonly status: ToolCallStatus;
  /** When the client must have answered; null for what it was not asked to do (yet). */
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}
