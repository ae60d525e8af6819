import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JobHandlers } from './job-handler.js';
import { SaveJob } from './save-job.js';

@Injectable()
export class CancelJob {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly saveJob: SaveJob,
    private readonly clock: Clock,
  ) {}

  /**
   * Cancels a job. A running one is marked, and the process that executes it, this or another, ends it once it gets the
   * notice of the commit. A job that has ended stays as it is.
   * @throws JobNotFound
   */
  async execute({ userId, jobId }: { userId: string; jobId: string }): Promise<{
    job: JobState;
    repeated: boolean;
  }> {
    const { value } = await this.uow.run('cancel_job', async (tx) => {
      const job = await tx.get(JobRepository).getOwned(jobId, userId);
      const { status, type, cancelRequestedAt } = job.snapshot();
      const repeated = job.isFinal;
      if (!repeated && cancelRequestedAt === null) {
        const now = this.clock.now();
        if (status === 'running') job.requestCancel(now);
        else {
          await this.handlers.of(type).abandon(tx, job, null);
          job.cancel(now);
        }
        await this.saveJob.save(tx, job);
      }
      return { job: job.snapshot(), repeated };
    });
    return value;
  }
}
