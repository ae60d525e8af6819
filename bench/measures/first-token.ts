import { type Distribution, distributionOf } from '../distribution.ts';
import type { Lab } from '../lab.ts';
import type { Product } from '../machine/product.ts';
import type { Measure, Target } from '../measure.ts';

/** Streams that go on while others begin. */
const WISH = { tokens: 20, delayMs: 20 };

const TARGETS: Readonly<Record<number, (figure: Distribution) => Target>> = {
  1: ({ p50 }) => ({ text: 'p50 ≤ 6', reached: p50 <= 6 }),
  100: ({ p95 }) => ({ text: 'p95 ≤ 150', reached: p95 <= 150 }),
};

/** Of this load it is told who needs the processors. */
const MOST_TOLD = 100;

const cpuOf = async ({ postgres, model, client }: Lab, server: Product): Promise<Map<string, number>> =>
  new Map([
    ['the server', await server.usage.cpuSeconds()],
    ['PostgreSQL', await postgres.usage.cpuSecondsOfAll()],
    ['the client', await client.usage.cpuSeconds()],
    ['the stub', await model.usage.cpuSeconds()],
  ]);

/** The model answers at once, so that all of the time until the first text is what was added to it. */
export const firstToken: Measure = {
  name: 'first-token',
  title: 'Added time to first token',

  async run(lab, { row }) {
    await lab.withServer(async ({ server, target }) => {
      const proxy = { model: `${lab.proxy.url}/bytes` };
      for (const load of lab.sizes.firstToken) {
        const ask = { wish: WISH, ...load };
        const baseline = distributionOf((await lab.turns({ target: proxy, ...ask })).firstMs);
        await lab.turns({ target, ...ask, rounds: 1 });
        const before = await cpuOf(lab, server);
        const { firstMs } = await server.profiled(`first-token-${load.atOnce}`, () =>
          lab.client.do('turns', { target, ...ask }),
        );
        const after = await cpuOf(lab, server);
        const figure = distributionOf(firstMs);
        const judged = TARGETS[load.atOnce]?.(figure);
        row({
          what: `${load.atOnce} turns at once`,
          ...{ unit: 'ms', figure, baseline },
          ...(judged && { target: judged }),
        });
        if (load.atOnce !== MOST_TOLD) continue;
        for (const [name, seconds] of after) {
          const used = ((seconds - before.get(name)!) * 1000) / firstMs.length;
          const what = `${load.atOnce} turns at once: CPU of ${name}, per turn`;
          row({ what, unit: 'ms', figure: used });
        }
      }
      const ask = { target, wish: WISH, agent: 'auto', ...lab.sizes.classified };
      const { firstMs } = await lab.turns(ask);
      row({ what: 'classified first: two model calls', unit: 'ms', figure: distributionOf(firstMs) });
    });
  },
};
