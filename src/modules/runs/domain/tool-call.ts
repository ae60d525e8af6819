import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { JsonValue } from '../../../shared/domain/json.js';
import { StateMachine } from '../../../shared/domain/state-machine.js';

export const TOOL_CALL_STATUSES = ['requested', 'completed', 'failed', 'expired', 'cancelled'] as const;

export type ToolCallStatus = (typeof TOOL_CALL_STATUSES)[number];

export const toolCallStatus = new StateMachine<ToolCallStatus, 'complete' | 'fail' | 'expire' | 'cancel'>({
  requested: { complete: 'completed', fail: 'failed', expire: 'expired', cancel: 'cancelled' },
  completed: {},
  failed: {},
  expired: {},
  cancelled: {},
});

/** A model's wish to run a tool. */
export interface ToolCall {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly messageId: string;
  readonly agent: string;
  /** As the model named it; not always one there is. */
  readonly toolName: string;
  readonly arguments: JsonValue;
  readonly status: ToolCallStatus;
  /** When the client must have answered; null for what the runtime answers itself. */
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
    deadline_at: call.deadlineAt?.toISOString() ?? null,
  },
});

export const toolCallSettled = (call: ToolCall, status: ToolCallStatus): DomainEvent => ({
  type: 'tool_call.settled',
  sessionId: call.sessionId,
  runId: call.runId,
  data: { call_id: call.id, tool_name: call.toolName, status },
});
