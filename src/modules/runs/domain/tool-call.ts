import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { StateMachine } from '../../../shared/domain/state-machine.js';

export const TOOL_CALL_STATUSES = [
  'awaiting_approval',
  'requested',
  'completed',
  'failed',
  'rejected',
  'expired',
  'cancelled',
] as const;

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

/** How a call can end. */
export type ToolCallEnd = Exclude<ToolCallStatus, 'awaiting_approval' | 'requested'>;

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

/** The client executes a call when it sees this event, and only then. */
export const toolCallRequested = (call: ToolCall): DomainEvent => ({
  type: 'tool_call.requested',
  sessionId: call.sessionId,
  runId: call.runId,
  data: {
    call_id: call.id,
    tool_name: call.toolName,
    arguments: call.arguments,
    agent: call.agent,
    ...(call.subtaskId && { subtask_id: call.subtaskId }),
    deadline_at: call.deadlineAt?.toISOString() ?? null,
  },
});

export const toolCallSettled = (call: ToolCall, status: ToolCallEnd): DomainEvent => ({
  type: 'tool_call.settled',
  sessionId: call.sessionId,
  runId: call.runId,
  data: { call_id: call.id, tool_name: call.toolName, status },
});
