import { ToolCall } from './tool-call.js';

/** The tool calls, inside a unit of work. A change needs the lock of their run. */
export abstract class ToolCallRepository {
  abstract add(call: ToolCall): Promise<void>;
  abstract find(callId: string): Promise<ToolCall | undefined>;
  /** Undefined also where it belongs to another user. */
  abstract findOwned(callId: string, userId: string): Promise<ToolCall | undefined>;
  /** Whether a client can execute it: a client declares its tool now, or it is built in. */
  abstract isAvailable(call: ToolCall): Promise<boolean>;
  /** The open calls of a run, in order. */
  abstract listOpen(runId: string): Promise<ToolCall[]>;
  /** Fails the unit of work with ConcurrencyError if the stored status is not the one the call was loaded with. */
  abstract save(call: ToolCall): Promise<void>;
}
