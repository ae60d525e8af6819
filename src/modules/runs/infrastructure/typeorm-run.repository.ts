import { EntityManager, FindOptionsWhere, In, IsNull } from 'typeorm';
import { constraintOf } from '../../../shared/infrastructure/persistence/database-errors.js';
import { isOwned } from '../../../shared/infrastructure/persistence/is-owned.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-registry.js';
import { updateVersioned } from '../../../shared/infrastructure/persistence/versioned-update.js';
import { SessionBusy } from '../../sessions/index.js';
import { Run } from '../domain/run.js';
import { RunNotFound } from '../domain/run.errors.js';
import { RunRepository } from '../domain/run.repository.js';
import { ABANDONED_NOTICE, RUNS_CHANNEL } from './run-channel.js';
import { ONE_ACTIVE_RUN, RunRow, RunSchema } from './run.row.js';

/** Nobody carries it on: its lease was given up, or not renewed in time. A job's run is recovered with its job. */
export const ABANDONED = `status = 'running' and job_id is null and (lease_token is null or lease_expires_at < now())`;

export class TypeOrmRunRepository extends RunRepository {
  private readonly manager: EntityManager;
  /** The leases as they were loaded: only one that is new begins to count. */
  private readonly loaded = new WeakMap<Run, string | null>();

  constructor(
    private readonly context: RepositoryContext,
    private readonly leaseSeconds: number,
  ) {
    super();
    this.manager = context.manager;
  }

  async add(run: Run): Promise<void> {
    const { sessionId } = run.snapshot();
    // Not locked: a number that is too low only makes a reader of the run skip a few events more.
    const eventsAfter = () => `(select last_seq from event_streams where session_id = '${sessionId}')`;
    await this.oneActive(sessionId, () =>
      this.manager.insert(RunSchema, { ...this.toRow(run), eventsAfter }),
    );
  }

  async get(runId: string): Promise<Run> {
    const run = await this.lock({ id: runId });
    if (!run) throw new RunNotFound(runId);
    return run;
  }

  async getOwned(runId: string, userId: string): Promise<Run> {
    if (!(await isOwned(this.manager, 'runs', runId, userId))) throw new RunNotFound(runId);
    return this.get(runId);
  }

  async getHeld(runId: string, token: string): Promise<Run> {
    const run = await this.get(runId);
    run.requireLease(token);
    return run;
  }

  async findAbandoned(runId: string): Promise<Run | undefined> {
    const rows = await this.manager.query<{ id: string }[]>(
      `select id from runs where id = $1 and ${ABANDONED} for no key update skip locked`,
      [runId],
    );
    return rows.length === 0 ? undefined : this.lock({ id: runId });
  }

  async findNext(sessionId: string): Promise<Run | undefined> {
    const [row] = await this.manager.query<{ id: string }[]>(
      `select id from runs r where session_id = $1 and status = 'queued'
         and not exists (select 1 from runs a where a.session_id = $1 and a.job_id is null and a.status in ('running', 'waiting'))
        order by id limit 1 for no key update skip locked`,
      [sessionId],
    );
    return row && this.lock({ id: row.id });
  }

  findActive(sessionId: string): Promise<Run | undefined> {
    return this.lock({ sessionId, jobId: IsNull(), status: In(['running', 'waiting'] as const) });
  }

  async countQueued(sessionId: string): Promise<number> {
    return this.manager.countBy(RunSchema, { sessionId, status: 'queued' });
  }

  async renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]> {
    const [rows] = await this.manager.query<[{ token: string; cancelRequested: boolean }[], number]>(
      `update runs set lease_expires_at = ${this.expiry()}
        where lease_token = any($1) and status = 'running'
        returning lease_token as token, cancel_requested_at is not null as "cancelRequested"`,
      [tokens],
    );
    return rows;
  }

  async release(tokens: readonly string[]): Promise<void> {
    await this.manager.query(
      `update runs set lease_token = null, lease_owner = null, lease_expires_at = now() where lease_token = any($1)`,
      [tokens],
    );
    await this.manager.query(`select pg_notify('${RUNS_CHANNEL}', '${ABANDONED_NOTICE}')`);
  }

  async save(run: Run): Promise<void> {
    const state = run.snapshot();
    await this.oneActive(state.sessionId, () => updateVersioned(this.manager, RunSchema, this.toRow(run)));
    if (state.status === 'running' && state.cancelRequestedAt) {
      await this.manager.query(`select pg_notify('${RUNS_CHANNEL}', $1)`, [run.id]);
    }
    this.context.record(...run.pullEvents());
  }

  private async oneActive(sessionId: string, write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (constraintOf(error) === ONE_ACTIVE_RUN) throw new SessionBusy(sessionId);
      throw error;
    }
  }

  private toRow(run: Run): Omit<RunRow, 'eventsAfter' | 'leaseExpiresAt'> {
    const state = run.snapshot();
    if (state.leaseToken === this.loaded.get(run)) return state;
    const leaseExpiresAt = state.leaseToken === null ? null : () => this.expiry();
    return Object.assign({ ...state }, { leaseExpiresAt });
  }

  private expiry(): string {
    return `now() + interval '${this.leaseSeconds} seconds'`;
  }

  private async lock(where: FindOptionsWhere<RunRow>): Promise<Run | undefined> {
    const row = await this.manager.findOne(RunSchema, { where, lock: { mode: 'for_no_key_update' } });
    if (!row) return undefined;
    const { eventsAfter: _, leaseExpiresAt: __, ...state } = row;
    const run = Run.restore(state);
    this.loaded.set(run, state.leaseToken);
    return run;
  }
}
