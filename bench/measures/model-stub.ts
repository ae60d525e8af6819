import { distributionOf, speedsOf } from '../distribution.ts';
import type { Measure } from '../measure.ts';
import { speedsIn } from './speed.ts';

/** First of all: what the stub and the client can do without anything between them. */
export const modelStub: Measure = {
  name: 'model-stub',
  title: 'The model stub alone, and the client: nothing can be faster',

  async run({ client, model, sizes }, { row }) {
    const target = { model: model.url };
    const turns = async (what: Parameters<typeof client.do<'turns'>>[1]) => {
      await client.do('turns', what);
      return client.do('turns', what);
    };
    for (const { tokens, ...load } of sizes.firstToken) {
      const { firstMs } = await turns({ target, wish: { tokens, delayMs: 20 }, ...load });
      row({ what: `first token, ${load.atOnce} at once`, unit: 'ms', figure: distributionOf(firstMs) });
    }
    for (const load of sizes.speed.loads) {
      const result = await turns({ target, wish: { tokens: sizes.speed.tokens }, ...load });
      const what = `${load.atOnce} answers of ${sizes.speed.tokens} tokens at once`;
      row({ what, unit: 'characters/s', figure: speedsOf(speedsIn(result, load.atOnce)) });
    }
    const { atOnce: streams, ...wish } = sizes.streams;
    for (const atOnce of streams) {
      const order = { target, wish, atOnce, rounds: 1 };
      await client.do('turns', order);
      const programs = [model.usage, client.usage];
      const before = await Promise.all(programs.map((usage) => usage.cpuSeconds()));
      const { lateMs } = await client.do('turns', order);
      const after = await Promise.all(programs.map((usage) => usage.cpuSeconds()));
      row({ what: `${atOnce} streams: lateness of a token`, unit: 'ms', figure: lateMs! });
      for (const [index, name] of ['stub', 'client'].entries()) {
        row({
          what: `${atOnce} streams: CPU of the ${name}`,
          unit: 's',
          figure: after[index]! - before[index]!,
        });
      }
    }
  },
};
