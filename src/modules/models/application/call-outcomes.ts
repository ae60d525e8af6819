import { NO_USAGE, TokenUsage } from '../../../shared/domain/token-usage.js';
import { LlmCallOutcome } from '../domain/llm-call.js';
import { ModelAnswer } from './language-model.js';

const NOTHING = { errorCode: null, firstTokenMs: null };

/** The ledger's outcome of an answered call. */
export const completedCall = (answer: ModelAnswer, finishedAt: Date): LlmCallOutcome => ({
  status: 'completed',
  errorCode: null,
  usage: answer.usage,
  firstTokenMs: Math.round(answer.firstTokenMs),
  finishedAt,
});

/** The outcome of a failed call. @param usage what it has used all the same */
export const failedCall = (
  error: { readonly code: string },
  usage: TokenUsage | null,
  finishedAt: Date,
): LlmCallOutcome => ({
  ...NOTHING,
  status: 'failed',
  errorCode: error.code,
  usage,
  finishedAt,
});

/** The outcome of a call that the runtime ended. @param usage what it has used until then; null = nothing was sent yet */
export const abortedCall = (usage: TokenUsage | null, finishedAt: Date): LlmCallOutcome => ({
  ...NOTHING,
  status: 'aborted',
  usage: usage ?? NO_USAGE,
  finishedAt,
});
