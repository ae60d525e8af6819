import { Model } from './model.js';

/** What an estimate may miss, as a share of the context. */
const MARGIN = 0.05;

/** An answer gets this many tokens in any case: whether the request fits is up to the provider. */
const LEAST_OUTPUT = 1_000;

/**
 * The most tokens that an answer may have: the limit of the model, or what the request leaves of its context.
 * @param requestTokens an estimate
 * @returns undefined if the limit of the model is unknown
 */
export function outputLimit(
  { limit: { context, output } }: Model,
  requestTokens: number,
): number | undefined {
  if (output === null) return undefined;
  const room = Math.floor(context * (1 - MARGIN)) - requestTokens;
  return Math.min(output, Math.max(room, LEAST_OUTPUT));
}
