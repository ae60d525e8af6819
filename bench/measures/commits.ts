import type { Distribution } from '../distribution.ts';
import { type Buckets, between, highestBound, histogramsIn, quantileOf } from '../machine/histograms.ts';
import type { Measure } from '../measure.ts';

const WISH = { tokens: 20, delayMs: 20 };

/** What the server says of its transactions while many turns are taken, each reader at its own pace. */
export const commits: Measure = {
  name: 'commits',
  title: 'Transactions under load, as the server measures them',

  async run(lab, { row }) {
    const load = lab.sizes.commits;
    await lab.withServer(async ({ server, target }) => {
      const order = { target, wish: WISH, alone: true };
      const before = timesIn(await server.metrics());
      await server.profiled('commits', () => lab.client.do('turns', { ...order, ...load }));
      const after = timesIn(await server.metrics());
      for (const [operation, buckets] of after) {
        const figure = describe(between(before.get(operation), buckets));
        if (figure.count === 0) continue;
        const reached = figure.p50 <= 5 && figure.p99 <= 100;
        row({
          what: `${operation}, ${load.atOnce} turns at once`,
          ...{ unit: 'ms', figure, target: { text: 'p50 ≤ 5, p99 ≤ 100', reached } },
        });
      }
    });
  },
};

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
