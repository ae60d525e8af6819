import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Consumer, JobQueue } from './job-queue.js';
import { JobSupervisor } from './job-supervisor.js';

/** Takes what the queue delivers. Not every process does: one that only serves the API leaves it to others. */
@Injectable()
export class JobWorker {
  private consumer: Consumer | undefined;

  constructor(
    private readonly queue: JobQueue,
    private readonly supervisor: JobSupervisor,
    private readonly config: Config,
    shutdown: Shutdown,
  ) {
    shutdown.register('drain', () => this.consumer?.stop());
  }

  /** For people: what brings the jobs. */
  get description(): string {
    return this.queue.description;
  }

  async start(): Promise<void> {
    this.consumer = await this.queue.consume(this.config.jobs.concurrency, (delivery) =>
      this.supervisor.execute(delivery),
    );
  }
}
