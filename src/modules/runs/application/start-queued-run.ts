import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { SessionArchived, SessionBusy, SessionNotFound, SessionRepository } from '../../sessions/index.js';
import { Run, RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { BeginRun } from './begin-run.js';
import { RunQueries } from './run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { SaveRun } from './save-run.js';

/** Begins the run whose turn it is in a session, where none is active. */
@Injectable()
export class StartQueuedRun {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: RunQueries,
    private readonly beginRun: BeginRun,
    private readonly saveRun: SaveRun,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /** Several processes may try at once: the database lets one of them. */
  async execute(sessionId: string): Promise<void> {
    if (!this.supervisor.isAccepting || !(await this.queries.hasQueued(sessionId))) return;
    try {
      const { value: run } = await this.uow.run('start_queued_run', (tx) => this.begin(tx, sessionId));
      if (run) this.supervisor.start(run);
    } catch (error) {
      if (!(error instanceof SessionBusy)) throw error; // else another message was faster: its end comes here again
    }
  }

  private async begin(tx: Transaction, sessionId: string): Promise<RunState | undefined> {
    const runs = tx.get(RunRepository);
    const run = await runs.findNext(sessionId);
    if (!run) return undefined;
    try {
      await this.beginWithSession(tx, run);
    } catch (error) {
      if (!(error instanceof SessionArchived) && !(error instanceof SessionNotFound)) throw error;
      // Nobody may say anything in it any more; what was said before counts for nothing.
      run.cancel(this.clock.now());
      await this.saveRun.execute(tx, run);
    }
    return run.snapshot();
  }

  private async beginWithSession(tx: Transaction, run: Run): Promise<void> {
    const { sessionId, userId, input } = run.snapshot();
    const session = await tx.get(SessionRepository).peek(sessionId, userId);
    session.requireOpen();
    await this.beginRun.execute(
      tx,
      session,
      input!,
      (beginning) => {
        run.begin(beginning);
        return run;
      },
      () => tx.get(RunRepository).save(run),
    );
  }
}
