import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { RunState } from '../../domain/run-state.js';
import { RunRepository } from '../../domain/run.repository.js';
import { StopRun } from '../lifecycle/stop-run.js';

@Injectable()
export class CancelRun {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly stopRun: StopRun,
  ) {}

  /**
   * Cancels a run on any instance. A finished run stays as it is.
   * @throws RunNotFound
   */
  async execute({
    userId,
    runId,
  }: {
    userId: string;
    runId: string;
  }): Promise<{ run: RunState; repeated: boolean }> {
    const { value } = await this.uow.run('cancel_run', async (tx) => {
      const run = await tx.get(RunRepository).getOwned(runId, userId);
      const repeated = run.isFinal;
      await this.stopRun.stop(tx, run);
      return { run: run.snapshot(), repeated };
    });
    return value;
  }
}
