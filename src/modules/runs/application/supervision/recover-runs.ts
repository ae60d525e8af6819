import { Injectable, Logger } from '@nestjs/common';
import { forEachItem } from '../../../../shared/application/sweep.js';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { RECOVERY_EXHAUSTED } from '../../domain/run-failure.js';
import { RunState } from '../../domain/run-state.js';
import { RunRepository } from '../../domain/run.repository.js';
import { RecoveryOutcome, RunMetrics } from '../run-metrics.js';
import { RunQueries } from '../run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { QueueSteers } from '../lifecycle/queue-steers.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { StartQueuedRun } from './start-queued-run.js';
import { TakeOverRun } from '../lifecycle/take-over-run.js';

/** Runs per sweep. Few, so that several processes share the runs of a dead one. */
const RUNS_PER_SWEEP = 20;

/** Takes over running runs without a valid lease: their process has died, or has handed them over. Starts what was left behind. */
@Injectable()
export class RecoverRuns {
  private readonly logger = new Logger(RecoverRuns.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: RunQueries,
    private readonly takeOver: TakeOverRun,
    private readonly runWriter: RunWriter,
    private readonly queueSteers: QueueSteers,
    private readonly startQueued: StartQueuedRun,
    private readonly supervisor: RunSupervisor,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /** Safe on several processes: the one that locks the row takes the run over. */
  execute(): Promise<void> {
    return this.supervisor.startInBackground(() => this.sweep());
  }

  private async sweep(): Promise<void> {
    const abandoned = await this.queries.listAbandoned(RUNS_PER_SWEEP);
    await forEachItem(abandoned, this.logger, 'a run could not be recovered', async (runId) => {
      if (!this.supervisor.isAccepting) return; // it may be one that this process has just handed over
      const { value } = await this.uow.run('recover_run', (tx) => this.recover(tx, runId));
      if (!value) return;
      this.metrics.recovered(value.outcome);
      this.logger.warn({ run_id: runId, outcome: value.outcome }, 'a run is taken over');
      this.supervisor.start(value.run);
    });
    const left = await this.queries.listWithSteersLeft(RUNS_PER_SWEEP);
    await forEachItem(left, this.logger, 'what waits for a run could not be queued', async (runId) => {
      await this.uow.run('queue_steers', async (tx) =>
        this.queueSteers.queue(tx, await tx.get(RunRepository).get(runId)),
      );
    });
    const idle = await this.queries.listSessionsToStart(RUNS_PER_SWEEP);
    await forEachItem(idle, this.logger, 'a queued run could not be started', (sessionId) =>
      this.startQueued.execute(sessionId),
    );
  }

  private async recover(
    tx: Transaction,
    runId: string,
  ): Promise<{ run: RunState; outcome: RecoveryOutcome } | undefined> {
    const run = await tx.get(RunRepository).findAbandoned(runId);
    if (!run) return undefined;
    const handedOver = run.snapshot().leaseToken === null;
    await this.takeOver.takeOver(tx, run);
    const outcome = run.isExhausted ? 'exhausted' : handedOver ? 'handed_over' : 'recovered';
    if (outcome === 'exhausted') run.fail(RECOVERY_EXHAUSTED, this.clock.now());
    await this.runWriter.save(tx, run);
    return { run: run.snapshot(), outcome };
  }
}
