import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { EMPTY, catchError, defer, exhaustMap, takeUntil, timer } from 'rxjs';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { ExpireApprovals } from './expire-approvals.js';
import { ExpireToolCalls } from './expire-tool-calls.js';

const SWEEP_MS = 1_000;

/** Looks for deadlines that have passed. They stand in the database, so any process may be the one that notices. */
@Injectable()
export class DeadlineWatch implements OnApplicationBootstrap {
  private readonly logger = new Logger(DeadlineWatch.name);

  constructor(
    private readonly expireToolCalls: ExpireToolCalls,
    private readonly expireApprovals: ExpireApprovals,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    timer(0, SWEEP_MS)
      .pipe(
        exhaustMap(() =>
          defer(() => this.sweep()).pipe(
            catchError((error: unknown) => {
              this.logger.warn({ err: error }, 'deadlines could not be looked at; the next sweep does');
              return EMPTY;
            }),
          ),
        ),
        takeUntil(this.shutdown.begun$),
      )
      .subscribe();
  }

  private async sweep(): Promise<void> {
    await this.expireToolCalls.execute();
    await this.expireApprovals.execute();
  }
}
