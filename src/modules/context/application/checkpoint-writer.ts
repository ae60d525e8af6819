import { Transaction } from '../../../shared/application/unit-of-work.js';
import { PromptThread } from '../../conversations/index.js';
import { Checkpoint, CheckpointReason } from '../domain/checkpoint.js';

/** What a checkpoint is written for, and on whose account. */
export interface CompactionWork {
  /** The run or job that the calls to models belong to in the ledger. */
  readonly owner:
    { readonly runId: string; readonly jobId: null } | { readonly runId: null; readonly jobId: string };
  /**
   * Comes first in each unit of work that writes for it.
   * @throws LeaseLost where another process executes it by now
   */
  readonly hold: (tx: Transaction) => Promise<unknown>;
  /** Ends the work. */
  readonly signal: AbortSignal;
}

/** The messages that a checkpoint is to stand for. */
export interface CheckpointTask {
  readonly sessionId: string;
  readonly thread: PromptThread;
  /** The id of the agent that goes on with the checkpoint. */
  readonly agent: string;
  /** The id of the model that answers for it. */
  readonly model: string;
  /** What the agent is told by now instead of earlier messages; null if it is told them all. */
  readonly base: Checkpoint | null;
  /** The messages of the thread after this position, that of the base or 0 … */
  readonly after: number;
  /** … and up to this one. */
  readonly upTo: number;
  /** The most tokens that the content may have, estimated. Never less than 500. */
  readonly maxTokens: number;
  readonly reason: CheckpointReason;
  /** What a user wants it to heed. */
  readonly instructions?: string;
  readonly work: CompactionWork;
}

/** How a checkpoint was written: by a model, by a model that was shown shortened results of tools, or by none. */
export const WAYS = ['summary', 'shortened', 'excerpt'] as const;

export interface WrittenCheckpoint {
  readonly content: string;
  /** The call whose answer it is; null if it is no model's. */
  readonly llmCallId: string | null;
  readonly way: (typeof WAYS)[number];
}

/** Writes what an agent is told instead of old messages. */
export abstract class CheckpointWriter {
  /**
   * Answers with a content within the limit, whatever models do, unless a user asks for it.
   * @throws the reason of the signal, LeaseLost, DatabaseUnavailable, StorageFailed; for a user's request also ModelError and
   * other errors of models
   */
  abstract write(task: CheckpointTask): Promise<WrittenCheckpoint>;
}
