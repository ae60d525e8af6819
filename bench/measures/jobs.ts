import { distributionOf } from '../distribution.ts';
import type { Lab } from '../lab.ts';
import { eventually } from '../machine/eventually.ts';
import { Sql } from '../machine/postgres.ts';
import type { Product } from '../machine/product.ts';
import { Redis } from '../machine/redis.ts';
import type { Measure, Report } from '../measure.ts';
import { inRounds, mediansOf } from '../sides.ts';

const WISH = { tokens: 10 };
const PATIENCE_MS = 120_000;

interface Queue {
  readonly name: string;
  readonly leastPerSecond: number;
  /** Another one for each build: it is not told apart whose jobs are in it. @returns undefined where there is none */
  open(stack: AsyncDisposableStack): Promise<Record<string, string> | undefined>;
}

const IN_POSTGRES: Queue = { name: 'PostgreSQL', leastPerSecond: 400, open: () => Promise.resolve({}) };

const IN_REDIS: Queue = {
  name: 'Redis',
  leastPerSecond: 600,
  async open(stack) {
    const redis = await Redis.start();
    return redis && { REDIS_URL: stack.use(redis).url };
  },
};

export const jobs: Measure = {
  name: 'jobs',
  title: 'Jobs from request to end, with a model that answers at once',

  async run(lab, report) {
    for (const queue of [IN_POSTGRES, IN_REDIS]) {
      for (const workers of lab.sizes.jobs.workers) await withQueue(lab, report, queue, workers);
    }
  },
};

/** The processes of one build, and sessions for as many jobs as there are in a round. */
interface Site {
  readonly server: Product;
  readonly worker: Product;
  readonly sql: Sql;
  readonly ids: readonly string[];
}

async function withQueue(lab: Lab, report: Report, queue: Queue, workers: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const open = (checkout: string) => openSite(lab, stack, queue, workers, checkout);
  const { before: against, figure: ours } = lab.checkouts;
  const before = against === undefined ? undefined : await open(against);
  const figure = await open(ours);
  if (!figure) return report.note(`jobs on ${queue.name}: skipped, there is no redis-server on this machine`);
  const { count, oneByOne } = lab.sizes.jobs;
  const name = `jobs-${queue.name.toLowerCase()}-${workers}`;
  const sites = { figure, ...(before && { before }) };
  const rounds = await inRounds(lab.sizes.comparisons, sites, async (site) => {
    const carryOut = (jobCount: number) => carryOutJobs(lab, site, jobCount);
    await carryOut(Math.ceil(count / 10));
    const alone: number[] = [];
    for (let job = 0; job < oneByOne; job++) alone.push((await carryOut(1)).longestMs);
    const speeds = await site.server.profiled(`${name}-server`, () =>
      site.worker.profiled(`${name}-worker`, () => carryOut(count)),
    );
    return { alone: distributionOf(alone), ...speeds };
  });
  const of = `${queue.name}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const unit = 'jobs/s';
  const done = mediansOf(rounds, ({ perSecond }) => perSecond);
  const target = { text: `≥ ${queue.leastPerSecond}`, reached: done.figure >= queue.leastPerSecond };
  report.row({ what: `${of}: ${count} jobs`, unit, ...done, target });
  const taken = mediansOf(rounds, ({ takenPerSecond }) => takenPerSecond);
  report.row({ what: `${of}: of these, taken in by the API`, unit, ...taken });
  report.row({ what: `${of}: one job alone`, unit: 'ms', ...mediansOf(rounds, ({ alone }) => alone) });
}

async function openSite(
  lab: Lab,
  stack: AsyncDisposableStack,
  queue: Queue,
  workers: number,
  checkout: string,
): Promise<Site | undefined> {
  const env = await queue.open(stack);
  if (!env) return undefined;
  const databaseUrl = await lab.createDatabase();
  const start = async (program: 'server' | 'worker') =>
    stack.use(await lab.start(program, databaseUrl, env, checkout));
  const [server, worker] = await Promise.all([start('server'), start('worker')]);
  for (let more = 1; more < workers; more++) await start('worker');
  const sql = stack.use(await Sql.connect(databaseUrl));
  const { count } = lab.sizes.jobs;
  const ids = await lab.client.do('openSessions', { sessions: server.sessions, count });
  return { server, worker, sql, ids };
}

/** Asks for jobs and waits for the last one; times as the database has them. */
async function carryOutJobs(lab: Lab, { sql, server, ids }: Site, count: number) {
  const { last } = await sql.one<{ last: string | null }>('select max(id::text) as last from jobs');
  await lab.client.do('enqueueJobs', { url: server.url, ids: ids.slice(0, count), wish: WISH });
  return eventually(`end of ${count} jobs`, PATIENCE_MS, async () => {
    const figures = await sql.one<{
      done: number;
      failed: number;
      takenMs: number;
      allMs: number;
      longestMs: number;
    }>(
      `select count(*) filter (where status = 'done')::integer as done,
              count(*) filter (where status in ('failed', 'cancelled'))::integer as failed,
              1000 * extract(epoch from max(created_at) - min(created_at))::float8 as "takenMs",
              1000 * extract(epoch from max(finished_at) - min(created_at))::float8 as "allMs",
              1000 * extract(epoch from max(finished_at - created_at))::float8 as "longestMs"
         from jobs where $1::text is null or id::text > $1`,
      [last],
    );
    if (figures.failed > 0) throw new Error(`${figures.failed} jobs failed`);
    if (figures.done < count) return undefined;
    return {
      perSecond: (count * 1000) / figures.allMs,
      takenPerSecond: (count * 1000) / figures.takenMs,
      longestMs: figures.longestMs,
    };
  });
}
