/** One request to a model, for the ledger: written before it is sent, settled when it has ended. */
export interface LlmCall {
  readonly id: string;
  readonly sessionId: string;
  /** The run it belongs to; null where a job asks without one. */
  readonly runId: string | null;
  /** The job that asks without a run; null for a run's. */
  readonly jobId: string | null;
  /** The message it shall become; null for what is not said in a session. */
  readonly messageId: string | null;
  readonly agent: string;
  readonly purpose: 'answer' | 'classification' | 'synopsis';
  readonly model: string;
  readonly startedAt: Date;
}

export const LLM_CALL_STATUSES = ['started', 'completed', 'failed', 'aborted'] as const;

export interface LlmCallOutcome {
  readonly status: 'completed' | 'failed' | 'aborted';
  readonly errorCode: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly firstTokenMs: number | null;
  readonly finishedAt: Date;
}

/**
 * The ledger, inside a unit of work. Starting and settling also tell whether this unit of work repeats one that was
 * committed though its answer was lost.
 */
export abstract class LlmCallRepository {
  /** Enters a call that cannot be there. */
  abstract add(call: LlmCall): Promise<void>;
  /** Enters a call; false where it is in the ledger already. */
  abstract start(call: LlmCall): Promise<boolean>;
  /** False where it is settled already. */
  abstract settle(callId: string, outcome: LlmCallOutcome): Promise<boolean>;
  /**
   * Settles whatever is still open of a run or job that ends, or begins its step anew.
   * @returns the messages that will not be completed
   */
  abstract abortOpen(of: { runId: string } | { jobId: string }, at: Date): Promise<string[]>;
}
