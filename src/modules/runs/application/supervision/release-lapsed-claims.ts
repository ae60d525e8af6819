import { Injectable, Logger } from '@nestjs/common';
import { forEachItem } from '../../../../shared/application/sweep.js';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ToolCallRepository } from '../../domain/tool-call.repository.js';
import { RunMetrics } from '../run-metrics.js';
import { RunQueries } from '../run.queries.js';
import { ReclaimCall } from '../settlement/reclaim-call.js';

const RUNS_PER_SWEEP = 100;

/** Takes calls from clients that have not renewed their claims in time. */
@Injectable()
export class ReleaseLapsedClaims {
  private readonly logger = new Logger(ReleaseLapsedClaims.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: RunQueries,
    private readonly reclaimCall: ReclaimCall,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /** Safe on several processes: the row lock of the run decides which one tells of a lapse. */
  async execute(): Promise<void> {
    const runIds = await this.queries.listWithLapsedClaims(RUNS_PER_SWEEP);
    await forEachItem(runIds, this.logger, 'claims of a run could not be released', (runId) =>
      this.uow.run('release_lapsed_claims', (tx) => this.release(tx, runId)),
    );
  }

  private async release(tx: Transaction, runId: string): Promise<void> {
    const run = await tx.get(RunRepository).get(runId);
    const now = this.clock.now();
    const open = await tx.get(ToolCallRepository).listOpen(runId);
    for (const call of open) {
      if (!call.hasLapsed(now)) continue;
      await this.reclaimCall.reclaim(tx, run, call, now);
      tx.afterCommit(() => this.metrics.claim('lapsed'));
    }
  }
}
