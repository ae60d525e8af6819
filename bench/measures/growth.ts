import { distributionOf } from '../distribution.ts';
import type { Bench, Lab } from '../lab.ts';
import type { Measure } from '../measure.ts';
import { inRounds, mediansOf } from '../sides.ts';
import { seed } from './seed.ts';

/** What the model is sent, whatever the session's length; a checkpoint stands for the messages before. */
const TOLD_MESSAGES = 10;
const CHARACTERS = 2_000;
const EVENTS_PER_MESSAGE = 5;
const WISH = { tokens: 20 };
const AT_MOST = 1.2;
/** Of the log, for a turn. */
const MOST_KB = 4;

/** What a turn costs in sessions that are longer and longer. */
export const growth: Measure = {
  name: 'growth',
  title: 'Cost of a turn as the session grows',

  async run(lab, { row }) {
    const middles = new Map<number, number>();
    await lab.withServer(async (bench) => {
      for (const messages of lab.sizes.growth.messages) {
        const sessionId = await openWithPast(lab, bench, messages);
        const order = {
          target: bench.target,
          wish: WISH,
          atOnce: 1,
          rounds: lab.sizes.growth.turns,
          sessionId,
        };
        const { endMs } = await bench.server.profiled(`growth-${messages}`, () => lab.turns(order));
        const figure = distributionOf(endMs);
        middles.set(messages, figure.p50);
        row({ what: `turn after ${messages} messages: time`, unit: 'ms', figure });
      }
    });
    const [longest, shortest] = [Math.max(...middles.keys()), 10];
    const ratio = middles.get(longest)! / middles.get(shortest)!;
    row({
      what: `turn after ${longest} messages against one after ${shortest}, equally much sent to the model`,
      ...{ unit: '×', figure: ratio },
      target: { text: `≤ ${AT_MOST}`, reached: ratio <= AT_MOST },
    });
    await lab.withBuilds(
      async (builds) => {
        const rounds = lab.sizes.growth.turns;
        for (const messages of lab.sizes.growth.messages) {
          const spent = await inRounds(lab.sizes.comparisons, builds, async (bench) => {
            const sessionId = await openWithPast(lab, bench, messages);
            const order = { target: bench.target, wish: WISH, atOnce: 1, rounds, sessionId };
            await lab.client.do('turns', order);
            return whatIsAsked(bench, rounds, () => lab.client.do('turns', order));
          });
          const of = `turn after ${messages} messages`;
          row({
            what: `${of}: SQL statements`,
            ...{ unit: '', ...mediansOf(spent, ({ statements }) => statements) },
            more: {
              roundTrips: mediansOf(spent, ({ roundTrips }) => roundTrips),
              statements: spent.figure[0]!.byText,
            },
          });
          const written = mediansOf(spent, ({ writtenKb }) => writtenKb);
          const target = { text: `≤ ${MOST_KB}`, reached: written.figure <= MOST_KB };
          row({ what: `${of}: written`, unit: 'KB of WAL', ...written, target });
        }
      },
      { counted: true },
    );
  },
};

/** What each of some turns costs PostgreSQL. */
async function whatIsAsked({ counter, sql }: Bench, turns: number, take: () => Promise<unknown>) {
  counter!.reset();
  const { begun } = await sql.one<{ begun: string }>('select pg_current_wal_insert_lsn()::text as begun');
  await take();
  const { bytes } = await sql.one<{ bytes: number }>(
    'select (pg_current_wal_insert_lsn() - $1::pg_lsn)::float8 as bytes',
    [begun],
  );
  const { total, roundTrips, statements } = counter!;
  const byText = [...statements].toSorted(([, a], [, b]) => b - a);
  return {
    statements: total / turns,
    roundTrips: roundTrips / turns,
    byText: Object.fromEntries(byText.map(([text, count]) => [text.slice(0, 120), count / turns])),
    writtenKb: bytes / 1024 / turns,
  };
}

async function openWithPast({ client }: Lab, { target, sql }: Bench, messages: number): Promise<string> {
  const [sessionId] = await client.do('openSessions', { ...target, count: 1 });
  await seed(sql, sessionId!, { messages, characters: CHARACTERS, events: messages * EVENTS_PER_MESSAGE });
  const { exists } = await sql.one<{ exists: boolean }>(
    `select to_regclass('context_checkpoints') is not null as exists`, // a build from before has none, with --against
  );
  if (exists && messages > TOLD_MESSAGES) {
    await sql.rows(
      `insert into context_checkpoints
              (id, session_id, thread, up_to_position, content, tokens, reason, kind, created_at)
       values (gen_random_uuid(), $1, 'main', $2, 'What was said before.', 6, 'threshold', 'formed', now())`,
      [sessionId, messages - TOLD_MESSAGES],
    );
  }
  return sessionId!;
}
