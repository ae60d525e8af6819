import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { isLeftOutWithout } from '../support/debian-programs.js';
import { LARGE, report, secondsSince } from './support/chaos-size.js';
import { JobFleet, QueueName } from './support/job-fleet.js';

const JOBS_AT_ONCE = LARGE ? 200 : 40;
const JOBS_IN_THE_MIDDLE = 20;
const JOBS_FORGOTTEN = LARGE ? 100 : 20;
/** What one worker carries out at once. */
const CONCURRENCY = 8;
const LEASE_SECONDS = 3;
const DRAIN_SECONDS = 1;
/** What the last writes may take beyond the drain. */
const LAST_WRITES_MS = 15_000;
const LIMIT_MS = LARGE ? 120_000 : 40_000;

type Jobs = Awaited<ReturnType<JobFleet['ask']>>;

const jobsBy = (queue: QueueName) => () => {
  let fleet: JobFleet;

  beforeAll(async () => {
    fleet = await JobFleet.start(queue, {
      AGENT_WORKER_CONCURRENCY: String(CONCURRENCY),
      RUN_LEASE_SECONDS: String(LEASE_SECONDS),
      SHUTDOWN_DRAIN_TIMEOUT_SECONDS: String(DRAIN_SECONDS),
    });
  });
  afterAll(() => fleet?.stop());

  const count = async (jobs: Jobs, what: string, expected: number) =>
    eventually(async () => expect(await fleet.count(jobs, what)).toBe(expected), LIMIT_MS);
  const allDone = (jobs: Jobs) => count(jobs, `status = 'done'`, jobs.length);
  const running = (jobs: Jobs, expected: number) => count(jobs, `status = 'running'`, expected);

  it(
    `are done exactly once each: ${JOBS_AT_ONCE} of them, asked for at once, by two workers`,
    { timeout: LIMIT_MS },
    async () => {
      await fleet.haveWorkers(2);
      const begunAt = performance.now();
      const jobs = await fleet.ask(JOBS_AT_ONCE);
      await allDone(jobs);
      const { jobs: recoveries } = await fleet.recoveries(jobs);
      report(`jobs at once, ${queue}`, { jobs: jobs.length, recoveries, took: secondsSince(begunAt) });
      expect(await fleet.faults(jobs)).toEqual([]);
    },
  );

  it(
    `are done by the other worker when one is killed in the middle of ${JOBS_IN_THE_MIDDLE}, and no run is doubled`,
    { timeout: LIMIT_MS },
    async () => {
      const [killed] = await fleet.haveWorkers(2);
      const jobs = await fleet.ask(JOBS_IN_THE_MIDDLE, { held: true });
      await running(jobs, 2 * CONCURRENCY);
      const begunAt = performance.now();
      await fleet.stopWorker(killed!, 'SIGKILL');
      fleet.model.letGo();
      await allDone(jobs);
      const { jobs: recoveries } = await fleet.recoveries(jobs);
      report(`worker killed, ${queue}`, { jobs: jobs.length, recoveries, took: secondsSince(begunAt) });
      expect(await fleet.faults(jobs)).toEqual([]);
      expect(recoveries).toBeGreaterThanOrEqual(CONCURRENCY);
    },
  );

  it(
    'are handed over by a worker that is told to stop in the middle of them, and which ends within its limit',
    { timeout: LIMIT_MS },
    async () => {
      const [leaving] = await fleet.haveWorkers(1);
      const jobs = await fleet.ask(CONCURRENCY, { held: true });
      await running(jobs, CONCURRENCY);
      await fleet.haveWorkers(2);
      fleet.hold(jobs);
      const begunAt = performance.now();
      expect(await fleet.stopWorker(leaving!, 'SIGTERM')).toEqual({ code: 0, signal: null });
      const stopMs = performance.now() - begunAt;
      expect(stopMs).toBeLessThan(DRAIN_SECONDS * 1000 + LAST_WRITES_MS);
      await running(jobs, CONCURRENCY);
      expect(await fleet.recoveries(jobs)).toEqual({ jobs: 0, runs: 0 });
      fleet.model.letGo();
      await allDone(jobs);
      report(`worker told to stop, ${queue}`, {
        jobs: jobs.length,
        'stop took': `${(stopMs / 1000).toFixed(1)} s`,
        took: secondsSince(begunAt),
      });
      expect(await fleet.faults(jobs)).toEqual([]);
    },
  );

  if (queue === 'PostgreSQL') {
    it(
      `are all done although the API is killed before it could send one of ${JOBS_IN_THE_MIDDLE} messages`,
      { timeout: LIMIT_MS },
      async () => {
        await fleet.haveWorkers(0);
        const unlock = await fleet.database.lock(
          'lock table graphile_worker._private_jobs in exclusive mode',
          [],
        );
        const jobs = await fleet.ask(JOBS_IN_THE_MIDDLE);
        const startApi = await fleet.killApi();
        // Otherwise PostgreSQL carries out what its client has sent.
        await eventually(async () =>
          expect(
            await fleet.database.rows(
              `select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'agent-runtime jobs' and datname = current_database()`,
            ),
          ).toEqual([]),
        );
        await unlock();
        expect(
          await fleet.database.rows(
            'select key from graphile_worker._private_jobs where left(key, 36) = any($1)', // the job's id
            [jobs.map(({ jobId }) => jobId)],
          ),
        ).toEqual([]);
        const begunAt = performance.now();
        await fleet.haveWorkers(1);
        await allDone(jobs);
        report('API killed before sending', { jobs: jobs.length, took: secondsSince(begunAt) });
        expect(await fleet.faults(jobs)).toEqual([]);
        await startApi();
      },
    );
    return;
  }

  it(
    `are taken in while Redis is away, ${JOBS_FORGOTTEN} of them, and done when it is back`,
    { timeout: LIMIT_MS },
    async () => {
      await fleet.haveWorkers(0);
      await fleet.redis!.stop();
      const [worker] = await fleet.haveWorkers(1);
      const jobs = await fleet.ask(JOBS_FORGOTTEN);
      expect(await fleet.count(jobs, `status = 'queued'`)).toBe(jobs.length);
      const begunAt = performance.now();
      await fleet.redis!.start();
      await allDone(jobs);
      report('Redis away', { jobs: jobs.length, took: secondsSince(begunAt) });
      expect(await fleet.faults(jobs)).toEqual([]);

      await fleet.redis!.stop();
      const stoppedAt = performance.now();
      expect(await fleet.stopWorker(worker!, 'SIGTERM')).toEqual({ code: 0, signal: null });
      expect(performance.now() - stoppedAt).toBeLessThan(DRAIN_SECONDS * 1000 + LAST_WRITES_MS);
      await fleet.redis!.start();
    },
  );

  it(
    `are all done although Redis forgets them: ${JOBS_FORGOTTEN} queued, while no worker is there`,
    { timeout: LIMIT_MS },
    async () => {
      await fleet.haveWorkers(0);
      const jobs = await fleet.ask(JOBS_FORGOTTEN);
      await count(jobs, 'delivered_at is not null', jobs.length);
      await fleet.redis!.flushAll();
      const begunAt = performance.now();
      await fleet.haveWorkers(1);
      await allDone(jobs);
      report('Redis flushed', { jobs: jobs.length, took: secondsSince(begunAt) });
      expect(await fleet.faults(jobs)).toEqual([]);
    },
  );
};

describe('jobs by the queue in PostgreSQL', jobsBy('PostgreSQL'));
describe.skipIf(isLeftOutWithout('redis-server'))('jobs by the queue in Redis', jobsBy('Redis'));
