/** The events of pieces: of the text of a message, and of the reasoning that belongs to it. */
export type DeltaType = 'message.delta' | 'message.reasoning_delta';

/** The message that a piece belongs to. */
export interface PlaceOfPiece {
  readonly sessionId: string;
  readonly runId: string;
  readonly messageId: string;
  /** Proves that the run is still the writer's: a piece with an outdated token is dropped. */
  readonly token: string;
}

/** A piece of a model's answer. */
export interface Delta extends PlaceOfPiece {
  readonly type: DeltaType;
  /** Where the piece begins in the text of its type, in UTF-16 units. */
  readonly offset: number;
  readonly text: string;
}

/** A tool call that a model has begun to write. */
export interface DraftedCall extends PlaceOfPiece {
  readonly type: 'tool_call.drafted';
  readonly callId: string;
  readonly toolName: string;
}

export type AnswerPiece = Delta | DraftedCall;

/**
 * Takes the pieces of answers while they are streamed. They become events, written together for all sessions of this
 * process; neighbouring deltas of one message and type may be merged. Readers see them once they are stored.
 */
export abstract class DeltaLog {
  /** Takes a piece and returns at once. */
  abstract append(piece: AnswerPiece): void;
  /** Resolves when every piece of the message that was appended before is stored. */
  abstract flushed(messageId: string): Promise<void>;
}
