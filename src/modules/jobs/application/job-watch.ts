import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { defer, merge, repeat, take, takeUntil, timer } from 'rxjs';
import { Config } from '../../../config/config.js';
import { runDetached } from '../../../shared/application/log-context.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DeliverJobs } from './deliver-jobs.js';
import { JobOutbox } from './job-outbox.js';
import { RecoverJobs } from './recover-jobs.js';

/** Sweeps per lease time: an expired lease is noticed after a third of that time at the latest. */
const SWEEPS_PER_LEASE = 3;
/** The pause between two sweeps, so that one sweep delivers many jobs that were given back. */
const GAP_MS = 50;
/** The pause before an unreachable queue is tried again. What is queued meanwhile does not shorten it. */
const UNREACHABLE_MS = 1_000;

/**
 * Sweeps for due jobs and abandoned ones: at the start, when this process has queued a job again, when the next attempt
 * is due, and at intervals. It runs in every process, also in those that execute no jobs.
 */
@Injectable()
export class JobWatch implements OnApplicationBootstrap {
  private readonly logger = new Logger(JobWatch.name);
  /** Whether a sweep was asked for since the last one began. */
  private isNeeded = false;
  /** The time until the next sweep, if none is asked for before. */
  private waitMs = 0;
  private isReachable = true;

  constructor(
    private readonly recoverJobs: RecoverJobs,
    private readonly deliverJobs: DeliverJobs,
    private readonly outbox: JobOutbox,
    private readonly shutdown: Shutdown,
    private readonly config: Config,
  ) {
    deliverJobs.sweepNeeded$.subscribe(() => (this.isNeeded = true));
    // Delivers what this process gave back while it drained.
    shutdown.register('flush_events', async () => {
      if (this.isNeeded) await this.sweep();
    });
  }

  onApplicationBootstrap(): void {
    const { sweepNeeded$ } = this.deliverJobs;
    const next = () => {
      if (!this.isReachable) return timer(UNREACHABLE_MS);
      return this.isNeeded ? timer(GAP_MS) : merge(timer(this.waitMs), sweepNeeded$).pipe(take(1));
    };
    // A sweep does not belong to the request or job that asks for it.
    defer(() => runDetached(() => this.sweep()))
      .pipe(repeat({ delay: next }), takeUntil(this.shutdown.begun$))
      .subscribe();
  }

  private async sweep(): Promise<void> {
    this.isNeeded = false;
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
