import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { SessionArchived, SessionBusy, SessionNotFound } from '../../../sessions/index.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ActivateRun } from '../lifecycle/activate-run.js';
import { JustStored, RunQueries } from '../run.queries.js';
import { RunSupervisor } from './run-supervisor.js';
import { RunWriter } from '../lifecycle/run-writer.js';

/** Activates the next queued run of a session without an active run. */
@Injectable()
export class StartQueuedRun {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly queries: RunQueries,
    private readonly activateRun: ActivateRun,
    private readonly runWriter: RunWriter,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
  ) {}

  /** Safe on several processes: the database admits one. */
  execute(sessionId: string): Promise<void> {
    return this.supervisor.startInBackground(() => this.startNext(sessionId));
  }

  private async startNext(sessionId: string): Promise<void> {
    if (!(await this.queries.hasQueued(sessionId))) return;
    try {
      const { value } = await this.uow.run('start_queued_run', (tx) => this.activateNext(tx, sessionId));
      if (value) this.supervisor.start(value.run, value.known);
    } catch (error) {
      if (!(error instanceof SessionBusy)) throw error; // else another run was faster: its end triggers this again
    }
  }

  private async activateNext(tx: Transaction, sessionId: string) {
    const runs = tx.get(RunRepository);
    const run = await runs.findNext(sessionId);
    if (!run) return undefined;
    let known: JustStored = { openCall: null };
    try {
      known = await this.activate(tx, run);
    } catch (error) {
      if (!(error instanceof SessionArchived) && !(error instanceof SessionNotFound)) throw error;
      // No message may be sent to the session any more, so this one is not answered.
      run.cancel(this.clock.now());
      await this.runWriter.save(tx, run);
    }
    return { run: run.snapshot(), known };
  }

  private async activate(tx: Transaction, run: Run): Promise<JustStored> {
    const { sessionId, userId, input } = run.snapshot();
    const begun = await this.activateRun.read(tx, sessionId, userId);
    begun.session.requireOpen();
    return (await this.activateRun.activate(tx, begun, run, input!, 'save')).known;
  }
}
