import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Run, RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { RunQueries } from './run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { StopRun } from './stop-run.js';

@Injectable()
export class CancelRun {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly runs: RunQueries,
    private readonly stopRun: StopRun,
    private readonly supervisor: RunSupervisor,
  ) {}

  /**
   * Ends a run, wherever it is carried out. One that has ended stays as it is.
   * @throws RunNotFound
   */
  async execute({
    userId,
    runId,
  }: {
    userId: string;
    runId: string;
  }): Promise<{ run: RunState; repeated: boolean }> {
    await this.runs.view(runId, userId);
    const { value } = await this.uow.run('cancel_run', async (tx) => {
      const run = await tx.get(RunRepository).get(runId);
      const repeated = run.isFinal;
      return { run: await this.stop(tx, run), repeated };
    });
    this.tell(value.run);
    return value;
  }

  /** Ends the active run of a session, where there is one. */
  async ofSession(sessionId: string): Promise<void> {
    const { value: run } = await this.uow.run('cancel_run', async (tx) => {
      const active = await tx.get(RunRepository).findActive(sessionId);
      return active && this.stop(tx, active);
    });
    if (run) this.tell(run);
  }

  private async stop(tx: Transaction, run: Run): Promise<RunState> {
    await this.stopRun.execute(tx, run);
    return run.snapshot();
  }

  /** Other processes are told by the database. */
  private tell(run: RunState): void {
    if (run.status === 'running') this.supervisor.cancel(run.id);
  }
}
