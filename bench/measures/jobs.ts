import { distributionOf } from '../distribution.ts';
import type { Lab } from '../lab.ts';
import { eventually } from '../machine/eventually.ts';
import { Sql } from '../machine/postgres.ts';
import { Redis } from '../machine/redis.ts';
import type { Measure, Report } from '../measure.ts';

const WISH = { tokens: 10 };
const PATIENCE_MS = 120_000;
/** What a worker says of the queue that is used without Redis. */
const IN_POSTGRESQL = 'queue in PostgreSQL';

interface Queue {
  readonly name: string;
  readonly env: Record<string, string>;
  readonly leastPerSecond: number;
}

export const jobs: Measure = {
  name: 'jobs',
  title: 'Jobs from request to end, with a model that answers at once',

  async run(lab, report) {
    await withQueue(lab, report, { name: 'PostgreSQL', env: {}, leastPerSecond: 400 });
    await using redis = await Redis.start();
    if (!redis) return report.note('jobs on Redis: skipped, there is no redis-server on this machine');
    await withQueue(lab, report, { name: 'Redis', env: { REDIS_URL: redis.url }, leastPerSecond: 600 });
  },
};

async function withQueue(lab: Lab, report: Report, queue: Queue): Promise<void> {
  for (const workers of lab.sizes.jobs.workers) {
    await using stack = new AsyncDisposableStack();
    const databaseUrl = await lab.createDatabase();
    const [server, worker] = await Promise.all([
      lab.start('server', databaseUrl, queue.env),
      lab.start('worker', databaseUrl, queue.env),
    ]);
    stack.use(server);
    stack.use(worker);
    if (queue.env['REDIS_URL'] && worker.greeting.includes(IN_POSTGRESQL)) {
      report.note(`jobs on ${queue.name}: skipped, the server does not heed REDIS_URL`);
      return;
    }
    for (let more = 1; more < workers; more++) stack.use(await lab.start('worker', databaseUrl, queue.env));
    const sql = stack.use(await Sql.connect(databaseUrl));
    const { count, oneByOne } = lab.sizes.jobs;
    const ids = await lab.client.do('openSessions', { sessions: server.sessions, count });
    const carryOut = (jobCount: number) => carryOutJobs(lab, sql, server.url, ids.slice(0, jobCount));

    await carryOut(Math.ceil(count / 10));
    const alone: number[] = [];
    for (let job = 0; job < oneByOne; job++) alone.push((await carryOut(1)).longestMs);
    const name = `jobs-${queue.name.toLowerCase()}-${workers}`;
    const { perSecond, takenPerSecond } = await server.profiled(`${name}-server`, () =>
      worker.profiled(`${name}-worker`, () => carryOut(count)),
    );
    const of = `${queue.name}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
    const target = { text: `≥ ${queue.leastPerSecond}`, reached: perSecond >= queue.leastPerSecond };
    report.row({ what: `${of}: ${count} jobs`, unit: 'jobs/s', figure: perSecond, target });
    report.row({ what: `${of}: of these, taken in by the API`, unit: 'jobs/s', figure: takenPerSecond });
    report.row({ what: `${of}: one job alone`, unit: 'ms', figure: distributionOf(alone) });
  }
}

/** Asks for jobs and waits for the last one; times as the database has them. */
async function carryOutJobs(lab: Lab, sql: Sql, url: string, ids: readonly string[]) {
  const count = ids.length;
  const { last } = await sql.one<{ last: string | null }>('select max(id::text) as last from jobs');
  await lab.client.do('enqueueJobs', { url, ids, wish: WISH });
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
