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

/** An attempt that is to be carried out by this process. */
export interface StartedJob {
  readonly job: JobState;
  readonly work: JobWork;
}

/** Makes this process the one that carries a job out. */
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

  /** @returns undefined where there is nothing to do: it was delivered twice, or cancelled, or cannot be carried out */
  async execute(delivery: Delivery): Promise<StartedJob | undefined> {
    try {
      const { value } = await this.uow.run('start_job', async (tx) => {
        const job = await tx.get(JobRepository).findQueued(delivery);
        if (!job) return undefined;
        const lease = { owner: this.instance.value, token: this.ids.next() };
        job.start(lease, this.config.jobs.ttlSeconds, this.clock.now());
        // Told before what happens in it.
        tx.record(...job.pullEvents());
        const work = await this.handlers.of(job.snapshot().agent).begin(tx, job);
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

  /** Its session is gone, or something else that no other attempt would bring back. */
  private async refuse(delivery: Delivery, { code, message }: DomainError): Promise<void> {
    this.logger.warn({ job_id: delivery.jobId, code }, 'a job cannot be carried out');
    await this.uow.run('fail_job', async (tx) => {
      const job = await tx.get(JobRepository).findQueued(delivery);
      if (!job) return;
      job.fail({ code, message }, this.clock.now());
      await this.saveJob.execute(tx, job);
    });
  }
}

/** Not the job's fault: it stays queued, and is delivered again. */
const isPassing = (error: DomainError): boolean =>
  error.kind === 'unavailable' || error instanceof ConcurrencyError;
