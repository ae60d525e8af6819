import { ToolCall } from './tool-call.js';

/** The tool calls, inside a unit of work. A change needs the lock of their run. */
export abstract class ToolCallRepository {
  abstract add(call: ToolCall): Promise<void>;
  abstract find(callId: string): Promise<ToolCall | undefined>;
  /** The open calls of a run, in order. */
  abstract listOpen(runId: string): Promise<ToolCall[]>;
  /** Fails the unit of work with ConcurrencyError if the stored status is not the one the call was loaded with. */
  abstract save(call: ToolCall): Promise<void>;
}
