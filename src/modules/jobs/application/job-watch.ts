import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Subject, defer, merge, repeat, take, takeUntil, timer } from 'rxjs';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DeliverJobs } from './deliver-jobs.js';
import { JobOutbox } from './job-outbox.js';
import { RecoverJobs } from './recover-jobs.js';

/** Sweeps per lease time: an expired lease is noticed after a third of that time at the latest. */
const SWEEPS_PER_LEASE = 3;
/** The pause between two sweeps, so that one sweep delivers the jobs of many notifications. */
const GAP_MS = 50;
/** The pause before an unreachable queue is tried again. Notifications do not shorten it. */
const UNREACHABLE_MS = 1_000;

/**
 * Delivers due jobs and recovers abandoned ones: at the start, on notification, when the next attempt is due, and at
 * intervals. It runs in every process, also in those that execute no jobs.
 */
@Injectable()
export class JobWatch implements OnApplicationBootstrap {
  private readonly logger = new Logger(JobWatch.name);
  private readonly notified = new Subject<void>();
  /** The time until the next sweep, if there is no notification before. */
  private waitMs = 0;
  private isReachable = true;

  constructor(
    private readonly recoverJobs: RecoverJobs,
    private readonly deliverJobs: DeliverJobs,
    private readonly outbox: JobOutbox,
    private readonly shutdown: Shutdown,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    // A notification during a sweep causes another sweep.
    let missed = false;
    this.notified.pipe(takeUntil(this.shutdown.begun$)).subscribe(() => (missed = true));
    const next = () => {
      if (!this.isReachable) return timer(UNREACHABLE_MS);
      return missed ? timer(GAP_MS) : merge(timer(this.waitMs), this.notified).pipe(take(1));
    };
    defer(() => {
      missed = false;
      return this.sweep();
    })
      .pipe(repeat({ delay: next }), takeUntil(this.shutdown.begun$))
      .subscribe();
  }

  /** Starts a sweep, since a job is ready to be delivered. */
  sweepNow(): void {
    this.notified.next();
  }

  private async sweep(): Promise<void> {
    const everyMs = (this.config.runLeaseSeconds * 1000) / SWEEPS_PER_LEASE;
    this.waitMs = everyMs;
    try {
      await this.recoverJobs.execute();
      this.isReachable = await this.deliverJobs.execute();
      if (!this.isReachable) return;
      const dueInMs = await this.outbox.msToNextDue();
      if (dueInMs !== undefined) this.waitMs = Math.min(everyMs, Math.max(GAP_MS, dueInMs));
    } catch (error) {
      this.logger.warn({ err: error }, 'the sweep of jobs failed; the next one retries');
    }
  }
}
