import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Subject, defer, merge, repeat, take, takeUntil, timer } from 'rxjs';
import { Config } from '../../../config/config.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Clock } from '../../../shared/domain/clock.js';
import { DeliverJobs } from './deliver-jobs.js';
import { JobOutbox } from './job-outbox.js';
import { RecoverJobs } from './recover-jobs.js';

/** A lease that has run out is noticed after this part of its time at the latest. */
const LOOKS_PER_LEASE = 3;
/** Between two looks: when much is told at once, each finds much to be delivered. */
const GAP_MS = 50;
/** Before a queue that cannot be reached is tried once more, whatever is told meanwhile. */
const UNREACHABLE_MS = 1_000;

/**
 * Sees to it that no job is forgotten: looks at the start, when told, when the next attempt of one is due, and every now
 * and then. It runs in every process, whether that carries jobs out or not.
 */
@Injectable()
export class JobWatch implements OnApplicationBootstrap {
  private readonly logger = new Logger(JobWatch.name);
  private readonly told = new Subject<void>();
  /** How long to wait for the next look, unless told. */
  private waitMs = 0;
  private isReachable = true;

  constructor(
    private readonly recoverJobs: RecoverJobs,
    private readonly deliverJobs: DeliverJobs,
    private readonly outbox: JobOutbox,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    // What is told during a look leads to another.
    let missed = false;
    this.told.pipe(takeUntil(this.shutdown.begun$)).subscribe(() => (missed = true));
    const next = () => {
      if (!this.isReachable) return timer(UNREACHABLE_MS);
      return missed ? timer(GAP_MS) : merge(timer(this.waitMs), this.told).pipe(take(1));
    };
    defer(() => {
      missed = false;
      return this.look();
    })
      .pipe(repeat({ delay: next }), takeUntil(this.shutdown.begun$))
      .subscribe();
  }

  /** There is something to be delivered. */
  lookNow(): void {
    this.told.next();
  }

  private async look(): Promise<void> {
    const everyMs = (this.config.runLeaseSeconds * 1000) / LOOKS_PER_LEASE;
    this.waitMs = everyMs;
    try {
      await this.recoverJobs.execute();
      this.isReachable = await this.deliverJobs.execute();
      if (!this.isReachable) return;
      const due = await this.outbox.nextDue();
      if (due) this.waitMs = Math.min(everyMs, Math.max(GAP_MS, due.getTime() - this.clock.now().getTime()));
    } catch (error) {
      this.logger.warn({ err: error }, 'jobs could not be looked after; the next look does');
    }
  }
}
