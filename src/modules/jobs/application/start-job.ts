import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { InstanceId } from '../../../shared/application/instance-id.js';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { ConcurrencyError, DomainError } from '../../../shared/domain/domain-error.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JobHandlers, JobWork } from './job-handler.js';
import { Delivery } from './job-queue.js';
import { SaveJob } from './save-job.js';

/** An attempt that this process is to execute. */
export interface StartedJob {
  readonly job: JobState;
  readonly work: JobWork;
}

/** Takes the lease of a queued job and starts its attempt. */
@Injectable()
export class StartJob {
  private readonly logger = new Logger(StartJob.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly saveJob: SaveJob,
    private readonly instance: InstanceId,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** @returns undefined if there is nothing to do: a duplicate delivery, or a job that is cancelled or refused */
  async execute(delivery: Delivery): Promise<StartedJob | undefined> {
    try {
      const { value } = await this.uow.run('start_job', async (tx) => {
        const job = await tx.get(JobRepository).findQueued(delivery);
        if (!job) return undefined;
        const lease = { owner: this.instance.value, token: this.ids.next() };
        job.start(lease, this.config.jobs.ttlSeconds, this.clock.now());
        // The start of the job comes before the events of its attempt.
        tx.record(...job.pullEvents());
        const work = await this.handlers.of(job.snapshot().type).begin(tx, job);
        await tx.get(JobRepository).save(job);
        return { job: job.snapshot(), work };
      });
      return value;
    } catch (error) {
      if (!(error instanceof DomainError) || isPassing(error)) throw error;
      await this.refuse(delivery, error);
      return undefined;
    }
  }

  /** Fails the job for a reason that a retry would not change, such as a deleted session. */
  private async refuse(delivery: Delivery, { code, message }: DomainError): Promise<void> {
    this.logger.warn({ job_id: delivery.jobId, code }, 'a job cannot be executed');
    await this.uow.run('fail_job', async (tx) => {
      const job = await tx.get(JobRepository).findQueued(delivery);
      if (!job) return;
      job.fail({ code, message }, this.clock.now());
      await this.saveJob.save(tx, job);
    });
  }
}

/** Whether the error is not the job's: it stays queued and is delivered again. */
const isPassing = (error: DomainError): boolean =>
  error.kind === 'unavailable' || error instanceof ConcurrencyError;
