import { type Distribution, distributionOf } from '../distribution.ts';
import type { Contender, Lab } from '../lab.ts';
import type { Usage } from '../machine/usage.ts';
import { type Measure, type Target, ratioOf } from '../measure.ts';
import { type Sides, inRounds, mediansOf } from '../sides.ts';
import type { FirstTokenLoad } from '../sizes.ts';

/** Streams that go on while others begin. */
const DELAY_MS = 20;

/** Of this load it is told who needs the processors. What is larger is measured of this build only. */
const MOST_COMPARED = 100;

interface Taken {
  readonly times: Distribution;
  /** In ms, by process. */
  readonly cpuPerTurn: ReadonlyMap<string, number>;
}

/** The model answers at once, so that all of the time until the first text is what was added to it. */
export const firstToken: Measure = {
  name: 'first-token',
  title: 'Added time to first token',

  async run(lab, { row }) {
    await lab.withBuildsAndFloor(async (durable) => {
      const { proxy } = lab;
      for (const load of lab.sizes.firstToken) {
        const sides: Sides<Contender> =
          load.atOnce > MOST_COMPARED ? { proxy, figure: durable.figure } : { proxy, ...durable };
        const rounds = await inRounds(lab.sizes.comparisons, sides, (side) => take(lab, side, load));
        const times = mediansOf(rounds, (taken) => taken.times);
        const target = judge(times, load.atOnce, lab.postgres.disk.addedMs);
        row({ what: `${load.atOnce} turns at once`, unit: 'ms', ...times, ...(target && { target }) });
        if (load.atOnce !== MOST_COMPARED) continue;
        for (const name of rounds.figure[0]!.cpuPerTurn.keys()) {
          const what = `${load.atOnce} at once: CPU of ${name}, per turn`;
          row({ what, unit: 'ms', ...mediansOf(rounds, ({ cpuPerTurn }) => cpuPerTurn.get(name)!) });
        }
      }
      const { tokens, ...load } = lab.sizes.classified;
      const wish = { tokens, delayMs: DELAY_MS };
      const { firstMs } = await lab.turns({ target: durable.figure.target, wish, agent: 'auto', ...load });
      row({ what: 'classified first: two model calls', unit: 'ms', figure: distributionOf(firstMs) });
    });
  },
};

async function take(lab: Lab, { target, usage, server }: Contender, load: FirstTokenLoad): Promise<Taken> {
  const { tokens, ...times } = load;
  const order = { target, wish: { tokens, delayMs: DELAY_MS }, ...times };
  await lab.openConnections(order);
  const turns = () => lab.client.do('turns', order);
  const before = await cpuOf(lab, usage);
  const { firstMs } = await (server ? server.profiled(`first-token-${load.atOnce}`, turns) : turns());
  const after = await cpuOf(lab, usage);
  const perTurn = ([name, seconds]: [string, number]) =>
    [name, ((seconds - before.get(name)!) * 1000) / firstMs.length] as const;
  return { times: distributionOf(firstMs), cpuPerTurn: new Map([...after].map(perTurn)) };
}

const cpuOf = async ({ postgres, model, client }: Lab, server: Usage): Promise<Map<string, number>> =>
  new Map([
    ['the server', await server.cpuSeconds()],
    ['PostgreSQL', await postgres.usage.cpuSecondsOfAll()],
    ['the client', await client.usage.cpuSeconds()],
    ['the stub', await model.usage.cpuSeconds()],
  ]);

function judge({ figure, floor }: Sides<Distribution>, atOnce: number, addedMs: number): Target | undefined {
  const ratio = ratioOf(figure, floor);
  if (!ratio) return undefined;
  if (atOnce === 1) {
    // What a slower disk adds is no work of the server.
    return addedMs > 0
      ? { text: 'p50 ≤ 2 × floor', reached: ratio.p50 <= 2 }
      : { text: 'p50 ≤ 2 × floor, ≤ 5', reached: ratio.p50 <= 2 && figure.p50 <= 5 };
  }
  if (atOnce === 100) return { text: 'p95 ≤ 1.5 × floor', reached: ratio.p95! <= 1.5 };
  return undefined;
}
