import { Injectable, Logger } from '@nestjs/common';
import { Subject } from 'rxjs';
import { Config } from '../../../config/config.js';
import { runDetached } from '../../../shared/application/log-context.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { JobOutbox } from './job-outbox.js';
import { Delivery, JobQueue } from './job-queue.js';

/** The batch size, small enough that several processes share the work. */
const JOBS_PER_DELIVERY = 500;
/** A message counts as lost when no worker has started its job for this many lease times. */
const LOST_AFTER_LEASES = 2;

/**
 * Sends jobs to the workers, always outside the transactions that store them: a new job right after its commit; by a
 * sweep the next attempts that are due, jobs that were given back, and those whose message was not sent or was lost.
 */
@Injectable()
export class DeliverJobs {
  /** Emits when a sweep is needed before the next regular one. */
  readonly sweepNeeded$ = new Subject<void>();
  private readonly logger = new Logger(DeliverJobs.name);
  private isReachable = true;
  private pending: Delivery[] = [];
  private sending: Promise<void> | undefined;

  constructor(
    private readonly outbox: JobOutbox,
    private readonly queue: JobQueue,
    private readonly config: Config,
    shutdown: Shutdown,
  ) {
    // No request creates a job any more.
    shutdown.register('settle_runs', () => this.sending);
  }

  /** Sends a new job in the background, in one batch with others that were stored meanwhile. A sweep sends what fails. */
  send(delivery: Delivery): void {
    // During an outage the sweep alone tries, every second.
    if (!this.isReachable) return this.sweepNeeded$.next();
    this.pending.push(delivery);
    // The batches also hold jobs of other requests.
    this.sending ??= runDetached(() => this.sendPending());
  }

  /** The sweep. @returns whether the queue took everything */
  async execute(): Promise<boolean> {
    const lostAfterSeconds = this.config.runLeaseSeconds * LOST_AFTER_LEASES;
    for (;;) {
      const due = await this.outbox.take(lostAfterSeconds, JOBS_PER_DELIVERY);
      if (due.length === 0) return true;
      if (!(await this.reach(due))) {
        await this.outbox.putBack(due);
        return false;
      }
      if (due.length < JOBS_PER_DELIVERY) return true;
    }
  }

  private async sendPending(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending.splice(0, JOBS_PER_DELIVERY);
      if (await this.reach(batch)) await this.markSent(batch);
      else {
        this.pending = [];
        this.sweepNeeded$.next();
      }
    }
    this.sending = undefined;
  }

  private async markSent(batch: readonly Delivery[]): Promise<void> {
    try {
      await this.outbox.markSent(batch);
    } catch (error) {
      this.logger.warn(
        { err: error },
        'jobs that were sent could not be marked; the next sweep sends them again',
      );
    }
  }

  /** @returns whether the queue took all of them */
  private async reach(deliveries: readonly Delivery[]): Promise<boolean> {
    try {
      await this.queue.send(deliveries);
    } catch (error) {
      this.noteReachable(false, error);
      return false;
    }
    this.noteReachable(true);
    return true;
  }

  /** Logs the start and the end of an outage, not each failure. */
  private noteReachable(isReachable: boolean, error?: unknown): void {
    if (isReachable === this.isReachable) return;
    this.isReachable = isReachable;
    if (isReachable) this.logger.log('the queue can be reached again');
    else this.logger.warn({ err: error }, 'the queue cannot be reached; jobs wait in the database');
  }
}
