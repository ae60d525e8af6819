import { ModelUsage } from '../application/language-model.js';

/** The largest value of PostgreSQL's integer. */
const MAX_COUNT = 2 ** 31 - 1;

export const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_COUNT;

/** Numbers that a provider tells, of any type; those of the cache and of reasoning may be told in several places. */
interface Told {
  readonly prompt: unknown;
  readonly completion: unknown;
  /** Of the prompt, as the next one. */
  readonly cached: readonly unknown[];
  readonly cacheWrite: readonly unknown[];
  /** Of the completion. */
  readonly reasoning: readonly unknown[];
  /** Of all tokens, where reasoning may be left out of the completion; undefined where it never is. */
  readonly total?: unknown;
}

/** @returns null for values that are not token counts */
export function toldUsage({ prompt, completion, total, ...told }: Told): ModelUsage | null {
  if (!isCount(prompt) || !isCount(completion)) return null;
  const reasoning = told.reasoning.find(isCount);
  // Gemini and xAI leave reasoning out of the completion, but not out of the total.
  const beyond = isCount(total) ? total - prompt - completion : 0;
  const isBeyond = beyond > 0 && (reasoning ?? beyond) === beyond;
  const completionTokens = isBeyond ? completion + beyond : completion;
  const cachedTokens = Math.min(told.cached.find(isCount) ?? 0, prompt);
  return {
    promptTokens: prompt,
    completionTokens,
    cachedTokens,
    cacheWriteTokens: Math.min(told.cacheWrite.find(isCount) ?? 0, prompt - cachedTokens),
    reasoningTokens: Math.min(isBeyond ? beyond : (reasoning ?? 0), completionTokens),
    costMicros: null,
    estimated: false,
  };
}
