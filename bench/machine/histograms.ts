/** One histogram of Prometheus: how many values were at most so large; the last bound is infinite. */
export type Buckets = readonly { readonly bound: number; readonly count: number }[];

/** The histograms of this name in a scrape, by the values of these labels, joined with a space. */
export function histogramsIn(scrape: string, name: string, labels: readonly string[]): Map<string, Buckets> {
  const found = new Map<string, { bound: number; count: number }[]>();
  for (const line of scrape.split('\n')) {
    if (!line.startsWith(`${name}_bucket{`)) continue;
    const at = line.lastIndexOf('}');
    const given = new Map(
      [...line.slice(0, at).matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    const key = labels.map((label) => given.get(label) ?? '').join(' ');
    const bound = given.get('le') === '+Inf' ? Infinity : Number(given.get('le'));
    found.set(key, [...(found.get(key) ?? []), { bound, count: Number(line.slice(at + 1)) }]);
  }
  return found;
}

/** What came between two scrapes. */
export function between(before: Buckets | undefined, after: Buckets): Buckets {
  return after.map(({ bound, count }, index) => ({ bound, count: count - (before?.[index]?.count ?? 0) }));
}

/** By linear interpolation within a bucket, as Prometheus' histogram_quantile does. */
export function quantileOf(buckets: Buckets, share: number): number {
  const rank = (buckets.at(-1)?.count ?? 0) * share;
  let [lower, below] = [0, 0];
  for (const { bound, count } of buckets) {
    if (count >= rank && count > below) {
      return bound === Infinity ? lower : lower + ((bound - lower) * (rank - below)) / (count - below);
    }
    [lower, below] = [bound, count];
  }
  return lower;
}

/** The bound that nothing exceeded; infinite where something exceeded all of them. */
export const highestBound = (buckets: Buckets): number =>
  buckets.find(({ count }) => count === buckets.at(-1)?.count)?.bound ?? 0;
