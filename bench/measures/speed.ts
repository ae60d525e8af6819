import type { TurnsResult } from '../client/orders.ts';
import { speedsOf } from '../distribution.ts';
import type { Measure } from '../measure.ts';

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
    await lab.withServer(async ({ server, target }) => {
      for (const load of loads) {
        const ask = { wish: { tokens }, ...load };
        const speeds = async (of: Parameters<typeof lab.turns>[0]['target']) =>
          speedsOf(speedsIn(await lab.turns({ target: of, ...ask }), load.atOnce));
        const unit = 'characters/s';
        const what = `${load.atOnce} ${load.atOnce === 1 ? 'answer' : 'answers'} of ${tokens} tokens`;
        const baseline = await speeds({ model: `${lab.proxy.url}/bytes` });
        const translated = await speeds({ model: `${lab.proxy.url}/events` });
        const figure = await server.profiled(`speed-${load.atOnce}`, () => speeds(target));
        const reached = figure.p50 / baseline.p50 >= LEAST_SHARE;
        row({ what, unit, figure, baseline, target: { text: 'ratio ≥ 0.5', reached } });
        row({ what: `${what}: a proxy that writes our events`, unit, figure: translated, baseline });
      }
    });
  },
};
