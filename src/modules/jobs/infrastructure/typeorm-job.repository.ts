import { EntityManager, FindOptionsWhere } from 'typeorm';
import { isOwned } from '../../../shared/infrastructure/persistence/is-owned.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-registry.js';
import { updateVersioned } from '../../../shared/infrastructure/persistence/versioned-update.js';
import { JobNotFound } from '../domain/job.errors.js';
import { Job, JobState } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { EnlistingQueue } from './enlisting-queue.js';
import { DUE_NOTICE, JOBS_CHANNEL } from './job-channel.js';
import { JobRow, JobSchema } from './job.row.js';

export class TypeOrmJobRepository extends JobRepository {
  private readonly manager: EntityManager;
  /** The leases as they were loaded: only one that is new begins to count. */
  private readonly loaded = new WeakMap<Job, string | null>();

  /** @param queue where it can take part in a transaction; with any other one, the relay sends what is stored */
  constructor(
    private readonly context: RepositoryContext,
    private readonly leaseSeconds: number,
    private readonly queue: EnlistingQueue | undefined,
  ) {
    super();
    this.manager = context.manager;
  }

  async add(job: Job): Promise<boolean> {
    const state = job.snapshot();
    const deliveredAt = this.queue ? state.createdAt : null;
    const result = await this.manager
      .createQueryBuilder()
      .insert()
      .into(JobSchema)
      .values({ ...this.toRow(job), deliveredAt })
      .orIgnore()
      .returning('id')
      .execute();
    if ((result.raw as unknown[]).length === 0) return false;
    if (this.queue) await this.queue.enlist(this.manager, { jobId: state.id, version: state.version });
    else await this.notify(DUE_NOTICE);
    this.context.record(...job.pullEvents());
    return true;
  }

  findActive(idempotencyKey: string): Promise<Job | undefined> {
    return this.lock([
      { idempotencyKey, status: 'queued' },
      { idempotencyKey, status: 'running' },
    ]);
  }

  async countActive(of: { userId: string } | { type: string }): Promise<number> {
    const [[what, value]] = Object.entries(of) as [[string, string]];
    await this.manager.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `jobs ${what} ${value}`,
    ]);
    // Seen by a statement that begins when the lock is had: whoever had it before has committed.
    return this.manager.countBy(JobSchema, [
      { ...of, status: 'queued' },
      { ...of, status: 'running' },
    ]);
  }

  async get(jobId: string): Promise<Job> {
    const job = await this.lock({ id: jobId });
    if (!job) throw new JobNotFound(jobId);
    return job;
  }

  async getOwned(jobId: string, userId: string): Promise<Job> {
    if (!(await isOwned(this.manager, 'jobs', jobId, userId))) throw new JobNotFound(jobId);
    return this.get(jobId);
  }

  async getHeld(jobId: string, token: string): Promise<Job> {
    const job = await this.get(jobId);
    job.requireLease(token);
    return job;
  }

  // Whether it is due was decided by whoever sent the message: the clock here may be another one.
  findQueued({ jobId, version }: { jobId: string; version: number }): Promise<Job | undefined> {
    return this.lock({ id: jobId, status: 'queued', version });
  }

  async findAbandoned(jobId: string): Promise<Job | undefined> {
    const rows = await this.manager.query<{ id: string }[]>(
      `select id from jobs where id = $1 and ${ABANDONED} for no key update skip locked`,
      [jobId],
    );
    return rows.length === 0 ? undefined : this.lock({ id: jobId });
  }

  async renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]> {
    const [rows] = await this.manager.query<[{ token: string; cancelRequested: boolean }[], number]>(
      `update jobs set lease_expires_at = ${this.expiry()} where lease_token = any($1)
        returning lease_token as token, cancel_requested_at is not null as "cancelRequested"`,
      [tokens],
    );
    return rows;
  }

  async save(job: Job): Promise<void> {
    const state = job.snapshot();
    const queued = state.status === 'queued';
    await updateVersioned(this.manager, JobSchema, {
      ...this.toRow(job),
      ...(queued && { deliveredAt: null }),
    });
    if (queued) await this.notify(DUE_NOTICE);
    if (state.status === 'running' && state.cancelRequestedAt) await this.notify(job.id);
    this.context.record(...job.pullEvents());
  }

  private async notify(what: string): Promise<void> {
    await this.manager.query(`select pg_notify('${JOBS_CHANNEL}', $1)`, [what]);
  }

  private toRow(job: Job): Omit<JobRow, 'leaseExpiresAt' | 'deliveredAt'> {
    const { error, ...state } = job.snapshot();
    const row = { ...state, errorCode: error?.code ?? null, errorText: error?.message ?? null };
    if (state.leaseToken === (this.loaded.get(job) ?? null)) return row;
    return Object.assign(row, { leaseExpiresAt: state.leaseToken === null ? null : () => this.expiry() });
  }

  private expiry(): string {
    return `now() + interval '${this.leaseSeconds} seconds'`;
  }

  private async lock(where: FindOptionsWhere<JobRow> | FindOptionsWhere<JobRow>[]): Promise<Job | undefined> {
    const row = await this.manager.findOne(JobSchema, { where, lock: { mode: 'for_no_key_update' } });
    if (!row) return undefined;
    const { leaseExpiresAt: _, deliveredAt: __, errorCode, errorText, ...state } = row;
    const error = errorCode === null ? null : { code: errorCode, message: errorText ?? '' };
    const job = Job.restore({ ...(state as Omit<JobState, 'error'>), error });
    this.loaded.set(job, state.leaseToken);
    return job;
  }
}

/** Nobody carries it out: its lease was not renewed in time. */
export const ABANDONED = `status = 'running' and lease_expires_at < now()`;
