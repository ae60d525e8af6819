import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Consumer, JobQueue } from './job-queue.js';
import { JobSupervisor } from './job-supervisor.js';

/** Executes the jobs that the queue delivers. A process that only serves the API has no worker. */
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

  /** The queue's description, for logs. */
  get description(): string {
    return this.queue.description;
  }

  async start(): Promise<void> {
    this.consumer = await this.queue.consume(this.config.jobs.concurrency, (delivery) =>
      this.supervisor.execute(delivery),
    );
  }
}
