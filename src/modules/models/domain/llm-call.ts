import { TokenUsage } from '../../../shared/domain/token-usage.js';

/** A request to a model, as a row of the ledger: opened before it is sent, settled when it has ended. */
export interface LlmCall {
  readonly id: string;
  readonly sessionId: string;
  /** The run it belongs to; null for the calls of a job without a run. */
  readonly runId: string | null;
  /** The job without a run that it belongs to; null for the calls of a run. */
  readonly jobId: string | null;
  /** The message that its answer becomes; null if it becomes none. */
  readonly messageId: string | null;
  readonly agent: string;
  readonly purpose: 'answer' | 'classification' | 'synopsis' | 'title' | 'compaction';
  readonly model: string;
  readonly startedAt: Date;
}

export const LLM_CALL_STATUSES = ['started', 'completed', 'failed', 'aborted'] as const;

export interface LlmCallOutcome {
  readonly status: 'completed' | 'failed' | 'aborted';
  readonly errorCode: string | null;
  /** Null for a failed call that has used nothing. An aborted call with null is one whose outcome nothing knows. */
  readonly usage: TokenUsage | null;
  readonly firstTokenMs: number | null;
  readonly finishedAt: Date;
}

/**
 * The ledger, inside a unit of work. What a call has used is added to the sums of its day as soon as the call is settled, last
 * in the unit of work. `start` and `settle` also show whether this unit of work repeats a commit whose
 * answer was lost.
 */
export abstract class LlmCallRepository {
  /** Opens a call that cannot be in the ledger yet. */
  abstract add(call: LlmCall): Promise<void>;
  /** Opens a call; false if it is in the ledger already. */
  abstract start(call: LlmCall): Promise<boolean>;
  /** False if it is settled already. */
  abstract settle(callId: string, outcome: LlmCallOutcome): Promise<boolean>;
  /**
   * Aborts the open calls of a run or job that ends or restarts its step. What they have used is unknown: their process died,
   * or has lost them.
   * @returns them; their messages will not be completed
   */
  abstract abortOpen(
    of: { runId: string } | { jobId: string },
    at: Date,
  ): Promise<Pick<LlmCall, 'messageId' | 'purpose'>[]>;
}
