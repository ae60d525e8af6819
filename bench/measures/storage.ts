import type { Lab } from '../lab.ts';
import { type Sql, built } from '../machine/postgres.ts';
import type { Measure } from '../measure.ts';

type DeltaPruner = typeof import('../../src/shared/infrastructure/events/delta-pruner.ts').DeltaPruner;

/** What answers leave behind on the disk. */
export const storage: Measure = {
  name: 'storage',
  title: 'Bytes stored per kilobyte of answer',

  async run(lab: Lab, { row }) {
    const { atOnce, rounds, ...wish } = lab.sizes.storage;
    await lab.withServer(async ({ target, sql }) => {
      await prune(sql);
      const empty = await bytesStored(sql);
      const { characters } = await lab.client.do('turns', { target, wish, atOnce, rounds });
      const kilobytes = (characters * atOnce * rounds) / 1024;
      const of = `${wish.tokens} tokens at ${wish.delayMs} ms each`;
      const perKilobyte = async () => ((await bytesStored(sql)) - empty) / kilobytes;
      row({ what: `${of}: at once`, unit: 'bytes/KB', figure: await perKilobyte() });
      await prune(sql);
      row({ what: `${of}: after pruning`, unit: 'bytes/KB', figure: await perKilobyte() });
    });
  },
};

/** All tables with their indexes, without what is free in them. */
async function bytesStored(sql: Sql): Promise<number> {
  const tables = await sql.rows<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const names = tables.map(({ name }) => name).join(', ');
  await sql.rows(`vacuum full ${names}`);
  const { bytes } = await sql.one<{ bytes: number }>(
    'select sum(pg_total_relation_size(name::regclass))::float8 as bytes from unnest($1::text[]) as name',
    [tables.map(({ name }) => name)],
  );
  return bytes;
}

/** As the server does it an hour later, without the hour. */
async function prune(sql: Sql): Promise<void> {
  type Parameters = ConstructorParameters<DeltaPruner>;
  const module = await built<{ DeltaPruner: DeltaPruner }>('events/delta-pruner.js');
  const database = { query: (text: string, values: unknown[]) => sql.rows(text, values) };
  const pruner = new module.DeltaPruner(
    database as unknown as Parameters[0],
    { eventDeltaRetentionSeconds: 0 } as Parameters[1],
    {} as Parameters[2],
    { now: () => new Date() },
  );
  await pruner.prune();
}
