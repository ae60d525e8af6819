import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { JobOutbox } from './job-outbox.js';
import { JobQueue } from './job-queue.js';

/** The batch size, small enough that several processes share the work. */
const JOBS_PER_DELIVERY = 500;
/** A message counts as lost when no worker has started its job for this many lease times. */
const LOST_AFTER_LEASES = 2;

/** Sends due jobs to the workers: new jobs, next attempts, and jobs whose message was lost. */
@Injectable()
export class DeliverJobs {
  private readonly logger = new Logger(DeliverJobs.name);
  private isReachable = true;

  constructor(
    private readonly outbox: JobOutbox,
    private readonly queue: JobQueue,
    private readonly config: Config,
  ) {}

  /** @returns whether the queue took everything */
  async execute(): Promise<boolean> {
    const lostAfterSeconds = this.config.runLeaseSeconds * LOST_AFTER_LEASES;
    for (;;) {
      const due = await this.outbox.take(lostAfterSeconds, JOBS_PER_DELIVERY);
      if (due.length === 0) return true;
      try {
        await this.queue.send(due);
      } catch (error) {
        this.noteReachable(false, error);
        await this.outbox.putBack(due);
        return false;
      }
      this.noteReachable(true);
      if (due.length < JOBS_PER_DELIVERY) return true;
    }
  }

  /** Logs the start and the end of an outage, not each failure. */
  private noteReachable(isReachable: boolean, error?: unknown): void {
    if (isReachable === this.isReachable) return;
    this.isReachable = isReachable;
    if (isReachable) this.logger.log('the queue can be reached again');
    else this.logger.warn({ err: error }, 'the queue cannot be reached; jobs wait in the database');
  }
}
