/** What an estimate may miss, as a share of the context. */
const MARGIN = 0.05;

/** An answer gets this many tokens in any case: whether the request fits is up to the provider. */
const LEAST_OUTPUT = 1_000;

/**
 * Whether a request leaves room for an answer.
 * @param requestTokens an estimate
 */
export const hasRoomFor = (
  requestTokens: number,
  { context, input }: { context: number; input: number | null },
): boolean => requestTokens <= Math.min(input ?? context, roomIn(context) - LEAST_OUTPUT);

/**
 * The most tokens that an answer may have: the limit of its model, or what the request leaves of the context.
 * @param requestTokens an estimate
 */
export function outputLimit(limit: { context: number; output: number }, requestTokens: number): number {
  const room = roomIn(limit.context) - requestTokens;
  return Math.min(limit.output, Math.max(room, LEAST_OUTPUT));
}

const roomIn = (context: number): number => Math.floor(context * (1 - MARGIN));
