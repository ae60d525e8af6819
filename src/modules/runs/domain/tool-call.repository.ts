import { JsonObject } from '../../../shared/domain/json.js';
import { ToolCall, ToolCallEnd } from './tool-call.js';

/** The tool calls, inside a unit of work. */
export abstract class ToolCallRepository {
  abstract add(call: ToolCall): Promise<void>;
  abstract find(callId: string): Promise<ToolCall | undefined>;
  /** What a run still waits for, in the order of the calls. */
  abstract listOpen(runId: string): Promise<ToolCall[]>;
  /** Settles a call that still has the status it was loaded with; false where it has another one, which then stands. */
  abstract settle(call: ToolCall, status: ToolCallEnd, at: Date): Promise<boolean>;
  /** Lets the client execute a call that awaited approval; the call as it is then. */
  abstract request(call: ToolCall, args: JsonObject, deadlineAt: Date): Promise<ToolCall>;
}
