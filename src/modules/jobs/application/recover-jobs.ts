import { Injectable, Logger } from '@nestjs/common';
import { forEachItem } from '../../../shared/application/sweep.js';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { JOB_RECOVERY_EXHAUSTED } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JobHandlers } from './job-handler.js';
import { JobQueries } from './job.queries.js';
import { SaveJob } from './save-job.js';

const JOBS_PER_SWEEP = 100;

/** Puts jobs back into the queue after their worker has died. */
@Injectable()
export class RecoverJobs {
  private readonly logger = new Logger(RecoverJobs.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: JobQueries,
    private readonly handlers: JobHandlers,
    private readonly saveJob: SaveJob,
    private readonly clock: Clock,
  ) {}

  /** Several processes may do this at the same time: the first to lock a row recovers the job. */
  async execute(): Promise<void> {
    const abandoned = await this.queries.listAbandoned(JOBS_PER_SWEEP);
    await forEachItem(abandoned, this.logger, 'a job could not be recovered', (jobId) => this.recover(jobId));
  }

  private async recover(jobId: string): Promise<void> {
    await this.uow.run('recover_job', async (tx) => {
      const job = await tx.get(JobRepository).findAbandoned(jobId);
      if (!job) return;
      const now = this.clock.now();
      job.release('lost', now);
      const { type, cancelRequestedAt } = job.snapshot();
      if (cancelRequestedAt || job.isExhausted) {
        if (cancelRequestedAt) job.cancel(now);
        else job.fail(JOB_RECOVERY_EXHAUSTED, now);
        await this.handlers.of(type).abandon(tx, job, job.snapshot().error);
      }
      await this.saveJob.save(tx, job);
      const { status } = job.snapshot();
      tx.afterCommit(() => this.logger.warn({ job_id: jobId, status }, 'the worker of a job has died'));
    });
  }
}
