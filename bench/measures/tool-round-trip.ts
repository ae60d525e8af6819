import { distributionOf } from '../distribution.ts';
import type { Measure } from '../measure.ts';

/** From `tool_call.requested` at the client, through its tool_result, to the next request at the model. */
export const toolRoundTrip: Measure = {
  name: 'tool-round-trip',
  title: 'A tool round trip',

  async run(lab, { row }) {
    const { calls, loads } = lab.sizes.tools;
    await lab.withServer(async ({ server, target }) => {
      for (const load of loads) {
        const order = { target, wish: { tokens: 10, calls }, ...load };
        await lab.client.do('toolTurns', { ...order, rounds: 1 });
        const roundTrips = await server.profiled(`tool-round-trip-${load.atOnce}`, () =>
          lab.client.do('toolTurns', order),
        );
        row({ what: `${load.atOnce} turns at once`, unit: 'ms', figure: distributionOf(roundTrips) });
      }
    });
  },
};
