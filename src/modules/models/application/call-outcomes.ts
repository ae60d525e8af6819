import { LlmCallOutcome } from '../domain/llm-call.js';
import { ModelAnswer } from './language-model.js';

const NOTHING = { errorCode: null, promptTokens: null, completionTokens: null, firstTokenMs: null };

/** What the ledger keeps of a call that was answered. */
export const completedCall = (answer: ModelAnswer, finishedAt: Date): LlmCallOutcome => ({
  status: 'completed',
  errorCode: null,
  promptTokens: answer.usage?.promptTokens ?? null,
  completionTokens: answer.usage?.completionTokens ?? null,
  firstTokenMs: Math.round(answer.firstTokenMs),
  finishedAt,
});

/** Of one that failed. */
export const failedCall = (error: { readonly code: string }, finishedAt: Date): LlmCallOutcome => ({
  ...NOTHING,
  status: 'failed',
  errorCode: error.code,
  finishedAt,
});

/** Of one that was ended by us. */
export const abortedCall = (finishedAt: Date): LlmCallOutcome => ({
  ...NOTHING,
  status: 'aborted',
  finishedAt,
});
