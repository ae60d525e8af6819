import { DomainEvent } from '../../../shared/domain/domain-event.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { ToolCall, ToolCallEnd } from './tool-call.js';

export interface ToolCallEvents {
  /** The client executes a call when it sees this event, and only then. */
  'tool_call.requested': {
    call_id: string;
    tool_name: string;
    arguments: JsonObject;
    agent: string;
    subtask_id?: string;
    deadline_at: string | null;
  };
  'tool_call.settled': { call_id: string; tool_name: string; status: ToolCallEnd };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends ToolCallEvents {}
}

export const toolCallRequested = (call: ToolCall): DomainEvent<'tool_call.requested'> => ({
  type: 'tool_call.requested',
  sessionId: call.sessionId,
  runId: call.runId,
  data: {
    call_id: call.id,
    tool_name: call.toolName,
    arguments: call.arguments as JsonObject, // its tool's schema was checked before
    agent: call.agent,
    ...(call.subtaskId && { subtask_id: call.subtaskId }),
    deadline_at: call.deadlineAt?.toISOString() ?? null,
  },
});

export const toolCallSettled = (call: ToolCall, status: ToolCallEnd): DomainEvent<'tool_call.settled'> => ({
  type: 'tool_call.settled',
  sessionId: call.sessionId,
  runId: call.runId,
  data: { call_id: call.id, tool_name: call.toolName, status },
});
