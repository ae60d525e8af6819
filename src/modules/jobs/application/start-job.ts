import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { InstanceId } from '../../../shared/application/instance-id.js';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { DomainError } from '../../../shared/domain/domain-error.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JobHandlers } from './job-handler.js';

/** Makes this process the one that carries a job out. */
@Injectable()
export class StartJob {
  private readonly logger = new Logger(StartJob.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly handlers: JobHandlers,
    private readonly instance: InstanceId,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** @returns undefined where there is nothing to do: it was delivered twice, or cancelled, or cannot be carried out */
  async execute(jobId: string): Promise<JobState | undefined> {
    try {
      const { value } = await this.uow.run('start_job', async (tx) => {
        const now = this.clock.now();
        const job = await tx.get(JobRepository).findReady(jobId, now);
        if (!job) return undefined;
        job.start({ owner: this.instance.value, token: this.ids.next() }, this.config.jobs.ttlSeconds, now);
        // Told before what happens in it.
        tx.record(...job.pullEvents());
        await this.handlers.of(job.snapshot().agent).begin(tx, job);
        await tx.get(JobRepository).save(job);
        return job.snapshot();
      });
      return value;
    } catch (error) {
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
      await this.refuse(jobId, error);
      return undefined;
    }
  }

  /** Its session is gone, or something else that no other attempt would bring back. */
  private async refuse(jobId: string, { code, message }: DomainError): Promise<void> {
    this.logger.warn({ job_id: jobId, code }, 'a job cannot be carried out');
    await this.uow.run('fail_job', async (tx) => {
      const now = this.clock.now();
      const job = await tx.get(JobRepository).findReady(jobId, now);
      if (!job) return;
      job.fail({ code, message }, now);
      await tx.get(JobRepository).save(job);
    });
  }
}
