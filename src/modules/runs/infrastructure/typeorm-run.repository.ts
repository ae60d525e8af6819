import { EntityManager, FindOptionsWhere, In } from 'typeorm';
import { constraintOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-registry.js';
import { updateVersioned } from '../../../shared/infrastructure/persistence/versioned-update.js';
import { SessionBusy } from '../../sessions/index.js';
import { Run } from '../domain/run.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunRepository } from '../domain/run.repository.js';
import { ONE_ACTIVE_RUN, RunRow, RunSchema } from './run.row.js';

export class TypeOrmRunRepository extends RunRepository {
  private readonly manager: EntityManager;

  constructor(private readonly context: RepositoryContext) {
    super();
    this.manager = context.manager;
  }

  async add(run: Run): Promise<void> {
    const state = run.snapshot();
    try {
      // Not locked: a number that is too low only makes a reader of the run skip a few events more.
      const eventsAfter = () =>
        `(select last_seq from event_streams where session_id = '${state.sessionId}')`;
      await this.manager.insert(RunSchema, { ...state, eventsAfter });
    } catch (error) {
      if (constraintOf(error) === ONE_ACTIVE_RUN) throw new SessionBusy(state.sessionId);
      throw error;
    }
  }

  async get(runId: string): Promise<Run> {
    const run = await this.lock({ id: runId });
    if (!run) throw new RunNotFound(runId);
    return run;
  }

  findActive(sessionId: string): Promise<Run | undefined> {
    return this.lock({ sessionId, status: In(['running', 'waiting'] as const) });
  }

  async save(run: Run): Promise<void> {
    await updateVersioned(this.manager, RunSchema, run.snapshot());
    this.context.record(...run.pullEvents());
  }

  private async lock(where: FindOptionsWhere<RunRow>): Promise<Run | undefined> {
    const row = await this.manager.findOne(RunSchema, { where, lock: { mode: 'for_no_key_update' } });
    if (!row) return undefined;
    const { eventsAfter: _, ...state } = row;
    return Run.restore(state);
  }
}
