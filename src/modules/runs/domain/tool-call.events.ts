import { JsonObject } from '../../../shared/domain/json.js';
import { ToolSource } from '../../../shared/domain/tool-source.js';
import { ToolCallEnd } from './tool-call.states.js';

export interface ToolCallEvents {
  /** A piece of an answer, like a delta: the model has begun to write the call. */
  'tool_call.drafted': { call_id: string; tool_name: string; message_id: string };
  /** The client executes a call only after this event. */
  'tool_call.requested': {
    call_id: string;
    tool_name: string;
    /** Unset in events of earlier releases, whose tools are built in. */
    source?: ToolSource;
    arguments: JsonObject;
    agent: string;
    subtask_id?: string;
    /** The hash that the file must have; null = it must not be there. Only where the session says `file_hashes`. */
    expected_hash?: string | null;
    /** The call that changes the file before this one. */
    after?: string;
    deadline_at: string | null;
  };
  /** A client executes it; renewals of its claim are not told. */
  'tool_call.claimed': { call_id: string; client_id: string };
  /**
   * The claim is gone. Without `needs_approval` any client may claim it now; with it a human is asked first, and another
   * event without it follows the approval.
   */
  'tool_call.released': { call_id: string; attempt: number; needs_approval: boolean };
  'tool_call.settled': { call_id: string; tool_name: string; source?: ToolSource; status: ToolCallEnd };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends ToolCallEvents {}
}
