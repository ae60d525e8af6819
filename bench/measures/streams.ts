import type { TurnsResult } from '../client/orders.ts';
import { distributionOf } from '../distribution.ts';
import type { Lab } from '../lab.ts';
import type { Usage } from '../machine/usage.ts';
import type { Measure, Target } from '../measure.ts';

const MANY = 1000;

interface Used {
  readonly turns: TurnsResult;
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly kbPerStream: number;
}

export const streams: Measure = {
  name: 'streams',
  title: 'Many streams at the pace of a model',

  async run(lab, { row }) {
    const { atOnce: counts, ...wish } = lab.sizes.streams;
    const idealMs = (wish.tokens - 1) * wish.delayMs;
    for (const atOnce of counts) {
      const ask = { wish, atOnce, rounds: 1 };
      const baseline = await watch(lab, lab.proxy.usage, {
        target: { model: `${lab.proxy.url}/bytes` },
        ...ask,
      });
      await lab.withServer(async ({ server, target }) => {
        const { turns, ...used } = await server.profiled(`streams-${atOnce}`, () =>
          watch(lab, server.usage, { target, ...ask }),
        );
        const judge = (text: string, reached: boolean): { target?: Target } =>
          atOnce === MANY ? { target: { text, reached } } : {};
        const of = `${atOnce} streams`;
        const ends = distributionOf(turns.endMs);
        row({
          what: `${of}: from request to end (ideal ${idealMs} ms)`,
          ...{ unit: 'ms', figure: ends, baseline: distributionOf(baseline.turns.endMs) },
          ...judge('p95 ≤ 1.5 × ideal', ends.p95 <= 1.5 * idealMs),
          more: { eventsPerAnswer: turns.events },
        });
        const late = turns.lateMs!;
        row({
          what: `${of}: lateness of a token`,
          ...{ unit: 'ms', figure: late, baseline: baseline.turns.lateMs! },
          ...judge('max ≤ 1000', late.max <= 1000),
        });
        row({
          what: `${of}: CPU of the server`,
          ...{ unit: 's', figure: used.cpuSeconds, baseline: baseline.cpuSeconds },
        });
        row({
          what: `${of}: peak memory of the server`,
          ...{ unit: 'MB', figure: used.peakMb, baseline: baseline.peakMb },
          ...judge('< 400', used.peakMb < 400),
        });
        row({
          what: `${of}: memory per stream`,
          ...{ unit: 'KB', figure: used.kbPerStream, baseline: baseline.kbPerStream },
          ...judge('≤ 60', used.kbPerStream <= 60),
        });
      });
    }
  },
};

/** What a process uses for streams; memory from before its first connection. */
async function watch(lab: Lab, usage: Usage, order: Parameters<Lab['turns']>[0]): Promise<Used> {
  const residentKb = await usage.residentKb();
  await lab.client.do('turns', { ...order, wish: { tokens: 1 } });
  await usage.forgetPeak();
  const cpuBefore = await usage.cpuSeconds();
  const turns = await lab.client.do('turns', order);
  const peakKb = await usage.peakKb();
  return {
    turns,
    cpuSeconds: (await usage.cpuSeconds()) - cpuBefore,
    peakMb: peakKb / 1024,
    kbPerStream: (peakKb - residentKb) / order.atOnce,
  };
}
