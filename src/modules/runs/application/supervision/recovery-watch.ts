import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Subject, merge, throttleTime, timer } from 'rxjs';
import { Config } from '../../../../config/config.js';
import { Shutdown } from '../../../../shared/application/shutdown.js';
import { sweep } from '../../../../shared/application/sweep.js';
import { RecoverRuns } from './recover-runs.js';

/** Sweeps per lease time: an expired lease is noticed after this part of it at the latest. */
const SWEEPS_PER_LEASE = 3;
const AT_MOST_EVERY_MS = 100;

/** Sweeps for abandoned runs: at the start, periodically, and when another process hands runs over. */
@Injectable()
export class RecoveryWatch implements OnApplicationBootstrap {
  private readonly logger = new Logger(RecoveryWatch.name);
  private readonly notified = new Subject<void>();

  constructor(
    private readonly recoverRuns: RecoverRuns,
    private readonly shutdown: Shutdown,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    const everyMs = (this.config.runLeaseSeconds * 1000) / SWEEPS_PER_LEASE;
    const ticks$ = merge(timer(0, everyMs), this.notified).pipe(
      throttleTime(AT_MOST_EVERY_MS, undefined, { leading: true, trailing: true }),
    );
    sweep(ticks$, this.shutdown.begun$, this.logger, 'abandoned runs could not be recovered', () =>
      this.recoverRuns.execute(),
    );
  }

  /** Another process has handed runs over. */
  sweepNow(): void {
    this.notified.next();
  }
}
