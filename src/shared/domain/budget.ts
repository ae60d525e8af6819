/** The size of a model, in tokens (`ModelLimit`). */
interface Limit {
  readonly context: number;
  readonly input: number | null;
  readonly output: number | null;
}

/** How large the context of a model may be, in tokens. */
export interface Budget {
  /** Of the largest request. */
  readonly tokens: number;
  /** With more than this a thread is compacted. */
  readonly threshold: number;
  /** With less than this it ends then. */
  readonly goal: number;
  /** The most that stays of its messages. */
  readonly tail: number;
}

/** Kept for an answer where the output limit of a model is unknown. */
const ASSUMED_OUTPUT = 8_000;
/** Some models have an output limit as large as their context: no answer needs more than this, nor more than a quarter. */
const LARGEST_RESERVE = 32_000;
const LARGEST_SHARE = 1 / 4;

/** @param ceiling a request of this size was refused; unset = none was */
export function budgetOf({ context, input, output }: Limit, ceiling = Infinity): Budget {
  const reserve = Math.min(output ?? ASSUMED_OUTPUT, LARGEST_RESERVE, Math.floor(context * LARGEST_SHARE));
  const tokens = Math.min(context - reserve, input ?? Infinity, ceiling);
  const share = (part: number) => Math.floor(tokens * part);
  return { tokens, threshold: share(0.8), goal: share(0.6), tail: share(0.25) };
}
