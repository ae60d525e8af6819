import { Injectable } from '@nestjs/common';
import { Tracing } from '../../../shared/application/tracing.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Job, JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { DeliverJobs } from './deliver-jobs.js';
import { placeOfJob } from './place-of-job.js';

/** Saves a job. One that is queued again is delivered; one that has ended gets a span, from its request to its end. */
@Injectable()
export class SaveJob {
  constructor(
    private readonly tracing: Tracing,
    private readonly deliverJobs: DeliverJobs,
  ) {}

  async save(tx: Transaction, job: Job): Promise<void> {
    await tx.get(JobRepository).save(job);
    const state = job.snapshot();
    if (state.status === 'queued') tx.afterCommit(() => this.deliverJobs.sweepNeeded$.next());
    if (job.isFinal) tx.afterCommit(() => this.trace(state));
  }

  private trace(job: JobState): void {
    this.tracing.record(`job ${job.type}`, {
      place: placeOfJob(job),
      from: job.createdAt,
      to: job.finishedAt ?? job.createdAt,
      attributes: {
        'agent_runtime.job.id': job.id,
        'agent_runtime.job.type': job.type,
        'agent_runtime.job.status': job.status,
        'agent_runtime.job.attempt': job.attempt,
        'gen_ai.conversation.id': job.sessionId,
      },
      errorType: job.error?.code,
    });
  }
}
