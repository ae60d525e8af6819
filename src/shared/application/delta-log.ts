/** The events of pieces: of the text of a message, and of the reasoning that belongs to it. */
export type DeltaType = 'message.delta' | 'message.reasoning_delta';

/** A piece of a model's answer. */
export interface Delta {
  readonly type: DeltaType;
  readonly sessionId: string;
  readonly runId: string;
  readonly messageId: string;
  /** Where the piece begins in the text of its type, in UTF-16 units. */
  readonly offset: number;
  readonly text: string;
  /** Proves that the run is still the writer's: a piece with an outdated token is dropped. */
  readonly token: string;
}

/**
 * Takes the pieces of answers while they are streamed. They become events, written together for all sessions of this
 * process; neighbouring pieces of one message and type may be merged. Readers see them once they are stored.
 */
export abstract class DeltaLog {
  /** Takes a piece and returns at once. */
  abstract append(delta: Delta): void;
  /** Resolves when every piece of the message that was appended before is stored. */
  abstract flushed(messageId: string): Promise<void>;
}
