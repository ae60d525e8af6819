import type { TurnsResult } from '../client/orders.ts';
import { speedsOf } from '../distribution.ts';
import type { Contender } from '../lab.ts';
import { type Measure, ratioOf } from '../measure.ts';
import { type Sides, inRounds, mediansOf } from '../sides.ts';

const LEAST_SHARE = 0.5;

/** Of each round: all its characters, from the first request to the last end. */
export const speedsIn = ({ roundMs, characters }: TurnsResult, atOnce: number): number[] =>
  roundMs.map((ms) => (characters * atOnce * 1000) / ms);

/** The model speaks as fast as it is heard. */
export const speed: Measure = {
  name: 'speed',
  title: 'Answers as fast as the model can',

  async run(lab, { row }) {
    const { tokens, loads } = lab.sizes.speed;
    await lab.withBuildsAndFloor(async (durable) => {
      for (const load of loads) {
        const speeds = async ({ target, server }: Contender) => {
          const turns = () => lab.turns({ target, wish: { tokens }, ...load });
          const result = await (server ? server.profiled(`speed-${load.atOnce}`, turns) : turns());
          return speedsOf(speedsIn(result, load.atOnce));
        };
        const compare = async (sides: Sides<Contender>) =>
          mediansOf(await inRounds(lab.sizes.comparisons, sides, speeds), (figure) => figure);
        const { proxy, translator } = lab;
        const unit = 'characters/s';
        const what = `${load.atOnce} ${load.atOnce === 1 ? 'answer' : 'answers'} of ${tokens} tokens`;
        const ours = await compare({ proxy, ...durable });
        const reached = ratioOf(ours.figure, ours.proxy)!.p50 >= LEAST_SHARE;
        row({ what, unit, ...ours, target: { text: `ratio ≥ ${LEAST_SHARE}`, reached } });
        const translated = await compare({ proxy, figure: translator });
        row({ what: `${what}: a proxy that writes our events`, unit, ...translated });
      }
    });
  },
};
