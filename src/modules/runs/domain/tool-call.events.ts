import { JsonObject } from '../../../shared/domain/json.js';
import { ToolCallEnd } from './tool-call.states.js';

export interface ToolCallEvents {
  /** The client executes a call only after this event. */
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
