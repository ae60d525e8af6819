import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { DatabaseUnavailable, StorageFailed } from '../../../shared/application/errors.js';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Clock } from '../../../shared/domain/clock.js';
import { ConcurrencyError, DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { LeaseLost } from '../../../shared/domain/lease.js';
import { ModelError } from '../../models/index.js';
import { JobFailed } from '../domain/job.errors.js';
import { JOB_TIMED_OUT, Job, JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JobHandlers } from './job-handler.js';
import { JobStop } from './job-stop.js';
import { SaveJob } from './save-job.js';

/** Stores the outcome of an attempt. */
@Injectable()
export class SettleJob {
  private readonly logger = new Logger(SettleJob.name);

  constructor(
    private readonly patience: DatabasePatience,
    private readonly handlers: JobHandlers,
    private readonly saveJob: SaveJob,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async complete(job: JobState, result: JsonObject): Promise<void> {
    // A completed job has left nothing open.
    await this.settle(
      job,
      (held, now) => held.complete(result, now),
      () => true,
    );
  }

  /** @param error what the handler threw */
  async fail(job: JobState, error: unknown): Promise<void> {
    if (error instanceof JobStop) {
      if (error.kind === 'lost') return;
      await this.settle(job, (held, now) => this.stop(held, error, now), isHandedOver(error));
      return;
    }
    if (error instanceof LeaseLost) return; // the process that has the lease settles the job
    const failure = this.describe(job, error);
    await this.settle(job, (held, now) => {
      if (held.snapshot().cancelRequestedAt) held.cancel(now);
      else held.failAttempt(toError(failure), failure.mayPass, this.config.jobs, now, failure.notBefore);
    });
  }

  private stop(held: Job, { kind }: JobStop, now: Date): void {
    if (kind === 'cancelled' || held.snapshot().cancelRequestedAt) held.cancel(now);
    else if (kind === 'timed_out') held.failAttempt(JOB_TIMED_OUT, true, this.config.jobs, now);
    else held.release('handed_over', now);
  }

  /**
   * @param leavesNothing true if there is nothing to close: another process resumes the attempt, or it has completed
   */
  private async settle(
    { id, leaseToken }: JobState,
    how: (job: Job, now: Date) => void,
    leavesNothing: (held: JobState) => boolean = () => false,
  ): Promise<void> {
    await this.patience.writeOutcome('finish_job', async (tx) => {
      const job = await tx.get(JobRepository).get(id);
      // Settled by a commit whose answer was lost, or leased by another process by now.
      if (job.snapshot().leaseToken !== leaseToken) return;
      const isToBeEnded = !leavesNothing(job.snapshot());
      how(job, this.clock.now());
      const { type, error } = job.snapshot();
      if (isToBeEnded) await this.handlers.of(type).abandon(tx, job, error);
      await this.saveJob.save(tx, job);
    });
  }

  private describe(job: JobState, error: unknown): JobFailed {
    if (error instanceof JobFailed) return error;
    if (error instanceof ModelError) {
      return new JobFailed(error.code, error.message, error.retryable, error.retryAt(this.clock.now()));
    }
    if (error instanceof DatabaseUnavailable || error instanceof ConcurrencyError) {
      return new JobFailed(error.code, error.message, true);
    }
    if (error instanceof StorageFailed) {
      return new JobFailed('job.persistence_failed', 'The outcome of the job could not be stored', true);
    }
    if (error instanceof DomainError) return new JobFailed(error.code, error.message, false);
    this.logger.error({ err: error, job_id: job.id }, 'a job failed with an unexpected error');
    return new JobFailed('job.internal_error', 'The job failed inside the server', false);
  }
}

const isHandedOver =
  ({ kind }: JobStop) =>
  ({ cancelRequestedAt }: JobState) =>
    kind === 'released' && cancelRequestedAt === null;

const toError = ({ code, message }: JobFailed) => ({ code, message });
