import { LlmCallOutcome } from '../domain/llm-call.js';
import { ModelAnswer } from './language-model.js';

const NOTHING = { errorCode: null, promptTokens: null, completionTokens: null, firstTokenMs: null };

/** The ledger's outcome of an answered call. */
export const completedCall = (answer: ModelAnswer, finishedAt: Date): LlmCallOutcome => ({
  status: 'completed',
  errorCode: null,
  promptTokens: answer.usage?.promptTokens ?? null,
  completionTokens: answer.usage?.completionTokens ?? null,
  firstTokenMs: Math.round(answer.firstTokenMs),
  finishedAt,
});

/** The outcome of a failed call. */
export const failedCall = (error: { readonly code: string }, finishedAt: Date): LlmCallOutcome => ({
  ...NOTHING,
  status: 'failed',
  errorCode: error.code,
  finishedAt,
});

/** The outcome of a call that the runtime ended. */
export const abortedCall = (finishedAt: Date): LlmCallOutcome => ({
  ...NOTHING,
  status: 'aborted',
  finishedAt,
});
