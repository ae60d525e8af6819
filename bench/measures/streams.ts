import type { TurnsResult } from '../client/orders.ts';
import { distributionOf } from '../distribution.ts';
import type { Contender, Lab } from '../lab.ts';
import { type Measure, type Target, ratioOf } from '../measure.ts';
import { type Sides, inRounds, mediansOf } from '../sides.ts';

/** What is judged by the floor; and by what the machine holds, of this build only. */
const [MANY, MOST] = [500, 1000];

/** What a process held before it had a connection, in KB. */
interface Idle extends Contender {
  readonly idleKb: number;
}

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
      const compare = async (durable: Sides<Contender>) => {
        const sides = await idle({ proxy: lab.proxy, ...durable });
        const rounds = await inRounds(lab.sizes.comparisons, sides, (side) => watch(lab, side, wish, atOnce));
        const judge = (count: number, text: string, reached: boolean): { target?: Target } =>
          atOnce === count ? { target: { text, reached } } : {};
        const of = `${atOnce} streams`;
        const ends = mediansOf(rounds, ({ turns }) => distributionOf(turns.endMs));
        row({
          what: `${of}: request to end (ideal ${idealMs})`,
          ...{ unit: 'ms', ...ends },
          ...judge(MANY, 'p95 ≤ 1.25 × floor', (ratioOf(ends.figure, ends.floor)?.p95 ?? Infinity) <= 1.25),
          ...judge(MOST, 'p95 ≤ 1.5 × ideal', ends.figure.p95 <= 1.5 * idealMs),
          more: { eventsPerAnswer: mediansOf(rounds, ({ turns }) => turns.events) },
        });
        const late = mediansOf(rounds, ({ turns }) => turns.lateMs!);
        row({
          what: `${of}: lateness of a token`,
          ...{ unit: 'ms', ...late },
          ...judge(MOST, 'max ≤ 1000', late.figure.max <= 1000),
        });
        row({
          what: `${of}: CPU of the server`,
          ...{ unit: 's', ...mediansOf(rounds, ({ cpuSeconds }) => cpuSeconds) },
        });
        const peak = mediansOf(rounds, ({ peakMb }) => peakMb);
        row({
          what: `${of}: peak memory`,
          ...{ unit: 'MB', ...peak },
          ...judge(MOST, '< 400', peak.figure < 400),
        });
        const each = mediansOf(rounds, ({ kbPerStream }) => kbPerStream);
        row({
          what: `${of}: memory per stream`,
          ...{ unit: 'KB', ...each },
          ...judge(MOST, '≤ 60', each.figure <= 60),
        });
      };
      if (atOnce < MOST) await lab.withBuildsAndFloor(compare);
      else await lab.withServer((figure) => compare({ figure }));
    }
  },
};

async function idle(sides: Sides<Contender>): Promise<Sides<Idle>> {
  const withMemory = Object.entries(sides).map(
    async ([name, side]: [string, Contender]) =>
      [name, { ...side, idleKb: await side.usage.residentKb() }] as const,
  );
  return Object.fromEntries(await Promise.all(withMemory)) as unknown as Sides<Idle>;
}

async function watch(
  lab: Lab,
  { target, usage, server, idleKb }: Idle,
  wish: { tokens: number; delayMs: number },
  atOnce: number,
): Promise<Used> {
  const order = { target, wish, atOnce, rounds: 1 };
  await lab.client.do('turns', { ...order, wish: { tokens: 1 } });
  await usage.forgetPeak();
  const cpuBefore = await usage.cpuSeconds();
  const take = () => lab.client.do('turns', order);
  const turns = await (server ? server.profiled(`streams-${atOnce}`, take) : take());
  const peakKb = await usage.peakKb();
  return {
    turns,
    cpuSeconds: (await usage.cpuSeconds()) - cpuBefore,
    peakMb: peakKb / 1024,
    kbPerStream: (peakKb - idleKb) / atOnce,
  };
}
