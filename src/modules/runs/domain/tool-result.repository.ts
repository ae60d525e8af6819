/** The whole of a tool's answer, where the conversation holds only its beginning and its end. */
export interface ToolResult {
  readonly callId: string;
  readonly sessionId: string;
  readonly content: string;
}

/** What tools answered at length, inside a unit of work. It is kept for seven days, and no longer than its session. */
export abstract class ToolResultRepository {
  /** Stored after its call, and never changed. */
  abstract add(result: ToolResult): Promise<void>;
  /** The content; null where the answer was never kept apart, or no longer is. */
  abstract find(callId: string): Promise<string | null>;
}
