import { speedsOf } from '../distribution.ts';
import type { Measure } from '../measure.ts';
import { seed } from './seed.ts';

const LEAST_PER_SECOND = 50_000;

export const replay: Measure = {
  name: 'replay',
  title: 'Replay of a long session from its beginning',

  async run(lab, { row }) {
    const { events, rounds } = lab.sizes.replay;
    await lab.withServer(async ({ server, target, sql }) => {
      const [sessionId = ''] = await lab.client.do('openSessions', { ...target, count: 1 });
      await seed(sql, sessionId, { messages: 0, characters: 0, events });
      const read = () => lab.client.do('replay', { ...target, sessionId, last: events });
      await read();
      const perSecond: number[] = [];
      await server.profiled('replay', async () => {
        for (let round = 0; round < rounds; round++) perSecond.push((events * 1000) / (await read()));
      });
      const figure = speedsOf(perSecond);
      row({
        what: `a session of ${events} events`,
        ...{ unit: 'events/s', figure },
        target: { text: `≥ ${LEAST_PER_SECOND}`, reached: figure.p50 >= LEAST_PER_SECOND },
      });
    });
  },
};
