import type { Sql } from '../machine/postgres.ts';
import type { Measure } from '../measure.ts';
import { inRounds, mediansOf } from '../sides.ts';

const MOST_KB = 8;

/** What answers leave behind on the disk. */
export const storage: Measure = {
  name: 'storage',
  title: 'Kilobytes stored per kilobyte of answer',

  async run(lab, { row }) {
    const { atOnce, rounds, ...wish } = lab.sizes.storage;
    const of = `${wish.tokens} tokens at ${wish.delayMs} ms each`;
    const unit = 'KB/KB';
    await lab.withBuildsAndFloor(async (sides) => {
      const answers = await inRounds(lab.sizes.comparisons, sides, async (side) => {
        const { target, sql } = side;
        // Only this build is known well enough.
        const prunes = side === sides.figure;
        if (prunes) await prune(sql); // else what was left before would go with what is measured
        const empty = await bytesStored(sql);
        const { characters } = await lab.client.do('turns', { target, wish, atOnce, rounds });
        const perCharacter = async () => ((await bytesStored(sql)) - empty) / (characters * atOnce * rounds);
        const stored = await perCharacter();
        if (!prunes) return { stored };
        await prune(sql);
        return { stored, pruned: await perCharacter() };
      });
      const stored = mediansOf(answers, (answer) => answer.stored);
      const target = { text: `≤ ${MOST_KB}`, reached: stored.figure <= MOST_KB };
      row({ what: `${of}: at once`, unit, ...stored, target });
      const pruned = mediansOf({ figure: answers.figure }, (answer) => answer.pruned!);
      row({ what: `${of}: after pruning`, unit, ...pruned });
    });
  },
};

/** All tables with their indexes, without what is free in them. Of a partitioned table these are its partitions. */
async function bytesStored(sql: Sql): Promise<number> {
  const tables = await sql.rows<{ name: string }>(
    `select oid::regclass::text as name from pg_class
      where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const names = tables.map(({ name }) => name);
  await sql.rows(`vacuum full ${names.join(', ')}`);
  const { bytes } = await sql.one<{ bytes: number }>(
    'select sum(pg_total_relation_size(name::regclass))::float8 as bytes from unnest($1::text[]) as name',
    [names],
  );
  return bytes;
}

/** As the server does it an hour later, without the hour. */
async function prune(sql: Sql): Promise<void> {
  await sql.rows('truncate deltas');
}
