import { ModelCost } from './model.js';

/** The tokens of a call that have prices of their own. */
interface Priced {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of the prompt, as the next one. */
  readonly cachedTokens: number;
  readonly cacheWriteTokens?: number;
}

/**
 * The price of a call, in millionths of the currency of the prices. What has no price for the cache costs as much as the
 * rest of the prompt.
 * @param cost for a million tokens; null if unknown
 */
export function costOf(usage: Priced, cost: ModelCost | null): number | null {
  if (!cost) return null;
  const { promptTokens, completionTokens, cachedTokens, cacheWriteTokens = 0 } = usage;
  return Math.round(
    (promptTokens - cachedTokens - cacheWriteTokens) * cost.input +
      cachedTokens * (cost.cacheRead ?? cost.input) +
      cacheWriteTokens * (cost.cacheWrite ?? cost.input) +
      completionTokens * cost.output,
  );
}
