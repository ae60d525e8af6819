import { ToolCall } from './tool-call.js';

/** The tool calls, inside a unit of work. They change only while their run is locked. */
export abstract class ToolCallRepository {
  abstract add(call: ToolCall): Promise<void>;
  abstract find(callId: string): Promise<ToolCall | undefined>;
  /** What a run still waits for, in the order of the calls. */
  abstract listOpen(runId: string): Promise<ToolCall[]>;
  /** Fails the unit of work with ConcurrencyError where the status is another one than the call was loaded with. */
  abstract save(call: ToolCall): Promise<void>;
}
