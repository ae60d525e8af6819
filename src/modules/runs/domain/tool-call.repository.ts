import { ToolCall, ToolCallStatus } from './tool-call.js';

/** The tool calls, inside a unit of work. */
export abstract class ToolCallRepository {
  abstract add(call: ToolCall): Promise<void>;
  abstract find(callId: string): Promise<ToolCall | undefined>;
  /** What a run still waits for, in the order of the calls. */
  abstract listOpen(runId: string): Promise<ToolCall[]>;
  /** Settles an open call; false where it was settled before, which then stands. */
  abstract settle(callId: string, status: Exclude<ToolCallStatus, 'requested'>, at: Date): Promise<boolean>;
}
