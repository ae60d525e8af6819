import { constraintOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { LeasedRows } from '../../../shared/infrastructure/persistence/leased-rows.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Expression, Written } from '../../../shared/infrastructure/persistence/row-statements.js';
import { Explain } from '../../../shared/infrastructure/persistence/sql-transaction.js';
import { SessionBusy, isOwned } from '../../sessions/index.js';
import { RunState } from '../domain/run-state.js';
import { Run } from '../domain/run.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunRepository } from '../domain/run.repository.js';
import { ABANDONED_NOTICE, RUNS_TOPIC } from './run-topic.js';
import { ACTIVE, ONE_ACTIVE_RUN, RECOVERABLE, RunRow, RunSchema } from './run.row.js';

export class SqlRunRepository extends RunRepository {
  private readonly leased: LeasedRows<RunRow, Run>;

  constructor(
    private readonly context: RepositoryContext,
    leaseSeconds: number,
  ) {
    super();
    this.leased = new LeasedRows(context, RunSchema, toRun, leaseSeconds);
  }

  async add(run: Run): Promise<void> {
    const { sessionId } = run.snapshot();
    // Read without a lock: too low a number only makes readers of the run skip a few more events.
    const eventsAfter = new Expression(
      (parameter) => `(select last_seq from event_streams where session_id = ${parameter(sessionId)})`,
    );
    this.context.insert(RunSchema, { ...this.toRow(run), eventsAfter }, toSessionBusy(sessionId));
    this.context.record(...run.pullEvents());
  }

  async get(runId: string): Promise<Run> {
    const run = await this.leased.lock('id = $1', [runId]);
    if (!run) throw new RunNotFound(runId);
    return run;
  }

  async getOwned(runId: string, userId: string): Promise<Run> {
    if (!(await isOwned(this.context, RunSchema, runId, userId))) throw new RunNotFound(runId);
    return this.get(runId);
  }

  async getLeased({ id, leaseToken }: Pick<RunState, 'id' | 'leaseToken'>): Promise<Run> {
    const run = await this.get(id);
    run.requireLease(leaseToken);
    return run;
  }

  findAbandoned(runId: string): Promise<Run | undefined> {
    return this.leased.lock(`id = $1 and ${RECOVERABLE}`, [runId], 'skip locked');
  }

  findNext(sessionId: string): Promise<Run | undefined> {
    return this.leased.lock(
      `status = 'queued' and not exists (select from runs a where a.session_id = $1 and ${ACTIVE})
        and id = (select id from runs where session_id = $1 and status = 'queued' order by id limit 1)`,
      [sessionId],
      'skip locked',
    );
  }

  findQueuedWith(sessionId: string, steerId: string): Promise<Run | undefined> {
    return this.leased.lock(`session_id = $1 and status = 'queued' and input->'steers' @> $2::jsonb`, [
      sessionId,
      JSON.stringify([{ id: steerId }]),
    ]);
  }

  findActive(sessionId: string): Promise<Run | undefined> {
    return this.leased.lock(`session_id = $1 and ${ACTIVE}`, [sessionId]);
  }

  async countQueued(sessionId: string): Promise<number> {
    const [row] = await this.context.query<{ queued: number }>(
      `select count(*)::int as queued from runs where session_id = $1 and status = 'queued'`,
      [sessionId],
    );
    return row!.queued;
  }

  async renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]> {
    return this.leased.renew(tokens);
  }

  async release(tokens: readonly string[]): Promise<void> {
    this.leased.release(tokens);
    this.notify(ABANDONED_NOTICE);
  }

  async save(run: Run): Promise<void> {
    const { sessionId, status, cancelRequestedAt } = run.snapshot();
    this.context.update(RunSchema, this.toRow(run), toSessionBusy(sessionId));
    if (status === 'running' && cancelRequestedAt) this.notify(run.id);
    this.context.record(...run.pullEvents());
  }

  private notify(what: string): void {
    this.context.notify(RUNS_TOPIC, what);
  }

  /** Without what is written once. */
  private toRow(run: Run): Written<RunRow> & Omit<RunState, 'eventsAfter'> {
    const { eventsAfter: _, ...state } = run.snapshot();
    return { ...state, ...this.leased.expiryOf(run) };
  }
}

function toRun(row: RunRow): Run {
  const { leaseExpiresAt: _, ...state } = row;
  return Run.restore(state);
}

const toSessionBusy =
  (sessionId: string): Explain =>
  (error) =>
    constraintOf(error) === ONE_ACTIVE_RUN ? new SessionBusy(sessionId) : error;
