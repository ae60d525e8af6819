import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { LeasedWork } from '../../../shared/application/leased-work.js';
import { withTrace } from '../../../shared/application/log-context.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { errorTypeOf } from '../../../shared/application/tracing.js';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { JobFailed } from '../domain/job.errors.js';
import { JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JobWork } from './job-handler.js';
import { Delivery } from './job-queue.js';
import { JOB_CANCELLED, JOB_LOST, JOB_OVERDUE, JOB_RELEASED, JobStop } from './job-stop.js';
import { placeOfJob } from './place-of-job.js';
import { SettleJob } from './settle-job.js';
import { StartJob, StartedJob } from './start-job.js';

/** Executes jobs in this process, each under a lease and until the deadline of its attempt. */
@Injectable()
export class JobSupervisor implements OnApplicationBootstrap {
  private readonly logger = new Logger(JobSupervisor.name);
  private readonly work = new LeasedWork<{ readonly jobId: string }>(this.logger, {
    cancelled: JOB_CANCELLED,
    lost: JOB_LOST,
  });

  constructor(
    private readonly startJob: StartJob,
    private readonly settleJob: SettleJob,
    private readonly uow: UnitOfWork,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    shutdown.register('drain', () => this.drain());
  }

  onApplicationBootstrap(): void {
    this.work.keep(this.config.runLeaseSeconds, async (tokens) => {
      const { value } = await this.uow.run('renew_job_leases', (tx) => tx.get(JobRepository).renew(tokens));
      return value;
    });
  }

  /** Executes a queued job up to the end of this attempt. Does nothing if another process has it. */
  async execute(delivery: Delivery): Promise<void> {
    try {
      const started = await this.startJob.execute(delivery);
      if (started) await this.supervise(started);
    } catch (error) {
      // The job stays queued, or its lease expires: it is tried again either way.
      this.logger.error({ err: error, job_id: delivery.jobId }, 'a job could not be executed');
      this.shutdown.markIncomplete();
    }
  }

  /** Stops a job that runs in this process; its final status comes from the database. */
  cancel(jobId: string): void {
    this.work.stop(JOB_CANCELLED, (work) => work.jobId === jobId);
  }

  private async supervise({ job, work }: StartedJob): Promise<void> {
    const stop = new AbortController();
    // The drain may have begun while this job was starting.
    if (this.shutdown.draining) stop.abort(JOB_RELEASED);
    const { context } = placeOfJob(job);
    const { id, sessionId, userId, runId } = job;
    const fields = { job_id: id, session_id: sessionId, user_id: userId, run_id: runId };
    await this.work.run(job.leaseToken!, { jobId: id }, stop, () =>
      withTrace(context, fields, () => this.attempt(job, work, stop)),
    );
  }

  private async attempt(job: JobState, work: JobWork, stop: AbortController): Promise<void> {
    const { signal } = stop;
    const begunAt = performance.now();
    const left = Math.max(0, job.deadlineAt!.getTime() - this.clock.now().getTime());
    const limit = setTimeout(() => stop.abort(JOB_OVERDUE), left);
    let outcome: { result: JsonObject } | { error: unknown };
    try {
      outcome = { result: await work(job, signal) };
    } catch (error) {
      // An error after the stop is a consequence of it: the stop is the outcome.
      outcome = { error: signal.reason instanceof JobStop ? signal.reason : error };
    } finally {
      clearTimeout(limit);
    }
    if ('result' in outcome) await this.settleJob.complete(job, outcome.result);
    else await this.settleJob.fail(job, outcome.error);
    const ended = 'result' in outcome ? 'completed' : reasonOf(outcome.error);
    const { type, attempt } = job;
    const durationMs = Math.round(performance.now() - begunAt);
    this.logger.log(
      { job_type: type, attempt, outcome: ended, duration_ms: durationMs },
      'an attempt of a job ended',
    );
  }

  /** Waits for running jobs as long as the settings allow, then puts the rest back into the queue. */
  private async drain(): Promise<void> {
    await this.work.settle(this.config.shutdownDrainTimeoutSeconds * 1000, this.shutdown.forced);
    this.work.stop(JOB_RELEASED, () => true);
    await this.work.allDone();
    this.work.end();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof JobStop) return error.kind;
  return error instanceof JobFailed ? error.code : errorTypeOf(error);
}
