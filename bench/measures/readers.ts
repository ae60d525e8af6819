import { Client } from '../machine/child.ts';
import type { Measure } from '../measure.ts';

/** Readers to whom nothing happens. */
export const readers: Measure = {
  name: 'readers',
  title: 'Idle readers of sessions',

  async run(lab, { row }) {
    const count = lab.sizes.readers;
    await lab.withServer(async ({ server, target }) => {
      const ids = await lab.client.do('openSessions', { ...target, count });
      const before = { heldKb: await server.heldKb(), residentKb: await server.usage.residentKb() };
      using client = await Client.start();
      await server.profiled('readers', () => client.do('stand', { ...target, ids }));
      const residentKb = await server.usage.residentKb();
      const heldKb = await server.heldKb();
      row({
        what: `${count} readers: resident memory per reader`,
        ...{ unit: 'KB', figure: (residentKb - before.residentKb) / count },
      });
      row({
        what: `${count} readers: live objects per reader`,
        ...{ unit: 'KB', figure: (heldKb - before.heldKb) / count },
      });
    });
  },
};
