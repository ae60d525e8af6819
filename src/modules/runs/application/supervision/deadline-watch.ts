import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { timer } from 'rxjs';
import { Shutdown } from '../../../../shared/application/shutdown.js';
import { sweep } from '../../../../shared/application/sweep.js';
import { ExpireApprovals } from './expire-approvals.js';
import { ExpireToolCalls } from './expire-tool-calls.js';
import { ReleaseLapsedClaims } from './release-lapsed-claims.js';
import { RunSupervisor } from './run-supervisor.js';

const SWEEP_MS = 1_000;

/** Sweeps for expired deadlines. They are in the database, so that any process can find them. */
@Injectable()
export class DeadlineWatch implements OnApplicationBootstrap {
  private readonly logger = new Logger(DeadlineWatch.name);

  constructor(
    private readonly expireToolCalls: ExpireToolCalls,
    private readonly releaseLapsedClaims: ReleaseLapsedClaims,
    private readonly expireApprovals: ExpireApprovals,
    private readonly supervisor: RunSupervisor,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    const ticks$ = timer(0, SWEEP_MS);
    sweep(ticks$, this.shutdown.begun$, this.logger, 'deadlines could not be checked', () =>
      this.supervisor.startInBackground(async () => {
        await this.expireToolCalls.execute();
        await this.releaseLapsedClaims.execute();
        await this.expireApprovals.execute();
      }),
    );
  }
}
