import { constraintOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { isOwned } from '../../../shared/infrastructure/persistence/is-owned.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Expression, Written } from '../../../shared/infrastructure/persistence/row-statements.js';
import { Explain } from '../../../shared/infrastructure/persistence/sql-transaction.js';
import { SessionBusy } from '../../sessions/index.js';
import { Run, RunState } from '../domain/run.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunRepository } from '../domain/run.repository.js';
import { ABANDONED_NOTICE, RUNS_CHANNEL } from './run-channel.js';
import { ACTIVE, ONE_ACTIVE_RUN, RunRow, RunSchema } from './run.row.js';

/** Nobody carries it on: its lease was given up, or not renewed in time. A job's run is recovered with its job. */
export const ABANDONED = `status = 'running' and job_id is null and (lease_token is null or lease_expires_at < now())`;

export class SqlRunRepository extends RunRepository {
  /** The leases as they were loaded: only one that is new begins to count. */
  private readonly loaded = new WeakMap<Run, string | null>();

  constructor(
    private readonly context: RepositoryContext,
    private readonly leaseSeconds: number,
  ) {
    super();
  }

  async add(run: Run): Promise<void> {
    const { sessionId } = run.snapshot();
    // Not locked: a number that is too low only makes a reader of the run skip a few events more.
    const eventsAfter = new Expression(
      (parameter) => `(select last_seq from event_streams where session_id = ${parameter(sessionId)})`,
    );
    this.context.insert(RunSchema, { ...this.toRow(run), eventsAfter }, toSessionBusy(sessionId));
    this.context.record(...run.pullEvents());
  }

  async get(runId: string): Promise<Run> {
    const run = await this.lock('id = $1', [runId]);
    if (!run) throw new RunNotFound(runId);
    return run;
  }

  async getOwned(runId: string, userId: string): Promise<Run> {
    if (!(await isOwned(this.context, 'runs', runId, userId))) throw new RunNotFound(runId);
    return this.get(runId);
  }

  async getLeased({ id, leaseToken }: Pick<RunState, 'id' | 'leaseToken'>): Promise<Run> {
    const run = await this.get(id);
    run.requireLease(leaseToken);
    return run;
  }

  findAbandoned(runId: string): Promise<Run | undefined> {
    return this.lock(`id = $1 and ${ABANDONED}`, [runId], 'skip locked');
  }

  findNext(sessionId: string): Promise<Run | undefined> {
    return this.lock(
      `session_id = $1 and status = 'queued' and not exists (select from runs a where a.session_id = $1 and ${ACTIVE})
        order by id limit 1`,
      [sessionId],
      'skip locked',
    );
  }

  findActive(sessionId: string): Promise<Run | undefined> {
    return this.lock(`session_id = $1 and ${ACTIVE}`, [sessionId]);
  }

  async countQueued(sessionId: string): Promise<number> {
    const [row] = await this.context.query<{ queued: number }>(
      `select count(*)::int as queued from runs where session_id = $1 and status = 'queued'`,
      [sessionId],
    );
    return row!.queued;
  }

  async renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]> {
    return this.context.query(
      `update runs set lease_expires_at = ${this.expiry()}
        where lease_token = any($1) and status = 'running'
        returning lease_token as token, cancel_requested_at is not null as "cancelRequested"`,
      [tokens],
    );
  }

  async release(tokens: readonly string[]): Promise<void> {
    this.context.write({
      text: `update runs set lease_token = null, lease_owner = null, lease_expires_at = now() where lease_token = any($1)`,
      values: [tokens],
    });
    this.notify(ABANDONED_NOTICE);
  }

  async save(run: Run): Promise<void> {
    const { sessionId, status, cancelRequestedAt } = run.snapshot();
    this.context.update(RunSchema, this.toRow(run), toSessionBusy(sessionId));
    if (status === 'running' && cancelRequestedAt) this.notify(run.id);
    this.context.record(...run.pullEvents());
  }

  private notify(what: string): void {
    this.context.write({ text: `select pg_notify('${RUNS_CHANNEL}', $1)`, values: [what] });
  }

  private toRow(run: Run): Written<RunRow> & RunState {
    const state = run.snapshot();
    if (state.leaseToken === this.loaded.get(run)) return state;
    return {
      ...state,
      leaseExpiresAt: state.leaseToken === null ? null : new Expression(() => this.expiry()),
    };
  }

  private expiry(): string {
    return `now() + interval '${this.leaseSeconds} seconds'`;
  }

  private async lock(
    condition: string,
    values: readonly unknown[],
    whenLocked = '',
  ): Promise<Run | undefined> {
    const locking = `${condition} for no key update ${whenLocked}`;
    const [row] = await this.context.find(RunSchema, locking, values);
    if (!row) return undefined;
    const { eventsAfter: _, leaseExpiresAt: __, ...state } = row;
    const run = Run.restore(state);
    this.loaded.set(run, state.leaseToken);
    return run;
  }
}

const toSessionBusy =
  (sessionId: string): Explain =>
  (error) =>
    constraintOf(error) === ONE_ACTIVE_RUN ? new SessionBusy(sessionId) : error;
