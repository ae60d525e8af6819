import type { Distribution } from '../distribution.ts';
import { type Buckets, between, highestBound, histogramsIn, quantileOf } from '../machine/histograms.ts';
import type { Measure } from '../measure.ts';
import { type Sides, inRounds, mediansOf } from '../sides.ts';

const WISH = { tokens: 20, delayMs: 20 };

/** What the server says of its transactions while many turns are taken, each reader at its own pace. */
export const commits: Measure = {
  name: 'commits',
  title: 'Transactions under load, as the server measures them',

  async run(lab, { row }) {
    const load = lab.sizes.commits;
    await lab.withBuilds(async (builds) => {
      const rounds = await inRounds(lab.sizes.comparisons, builds, async ({ server, target }) => {
        const before = timesIn(await server.metrics());
        const order = { target, wish: WISH, alone: true, ...load };
        await server.profiled('commits', () => lab.client.do('turns', order));
        const after = timesIn(await server.metrics());
        const spent = [...after].map(
          ([name, buckets]) => [name, describe(between(before.get(name), buckets))] as const,
        );
        return new Map(spent.filter(([, { count }]) => count > 0));
      });
      for (const operation of new Set(rounds.figure.flatMap((times) => [...times.keys()]))) {
        const times = mediansOf(having(operation, rounds), (figure) => figure);
        const reached = times.figure.p50 <= 5 && times.figure.p99 <= 100;
        const what = `${operation}, ${load.atOnce} turns at once`;
        row({ what, unit: 'ms', ...times, target: { text: 'p50 ≤ 5, p99 ≤ 100', reached } });
      }
    });
  },
};

/** Another build may have other operations. */
function having(
  operation: string,
  { figure, before = [] }: Sides<readonly Map<string, Distribution>[]>,
): Sides<readonly Distribution[]> {
  const [ours, theirs] = [figure, before].map((rounds) =>
    rounds.flatMap((times) => times.get(operation) ?? []),
  ) as [Distribution[], Distribution[]];
  return { figure: ours, ...(theirs.length > 0 && { before: theirs }) };
}

/** By operation: those that were committed, and the writing of deltas. */
function timesIn(scrape: string): Map<string, Buckets> {
  const transactions = histogramsIn(scrape, 'sse_transaction_duration_seconds', ['outcome', 'operation']);
  const flushes = histogramsIn(scrape, 'event_flush_duration_seconds', []);
  const committed = [...transactions]
    .filter(([key]) => key.startsWith('committed '))
    .map(([key, buckets]) => [key.slice('committed '.length), buckets] as const);
  return new Map([...committed, ...[...flushes].map(([, buckets]) => ['deltas', buckets] as const)]);
}

/** In ms. The extreme is not known, only the bound it is below. */
const describe = (seconds: Buckets): Distribution => ({
  count: seconds.at(-1)?.count ?? 0,
  p50: quantileOf(seconds, 0.5) * 1000,
  p95: quantileOf(seconds, 0.95) * 1000,
  p99: quantileOf(seconds, 0.99) * 1000,
  max: highestBound(seconds) * 1000,
});
