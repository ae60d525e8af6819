/** What is known of many values: quantiles by nearest rank, and the extreme. */
export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Of values where more is worse, such as times. */
export const distributionOf = (values: readonly number[]): Distribution =>
  describe(values.toSorted((a, b) => a - b));

/** Of values where less is worse, such as speeds: `p95` is what 95 % reach, `max` the worst. */
export const speedsOf = (values: readonly number[]): Distribution =>
  describe(values.toSorted((a, b) => b - a));

function describe(sorted: readonly number[]): Distribution {
  if (sorted.length === 0) throw new Error('nothing was measured');
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1)! };
}
