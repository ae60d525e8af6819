import { ABANDONED, LeasedRows } from '../../../shared/infrastructure/persistence/leased-rows.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Written } from '../../../shared/infrastructure/persistence/row-statements.js';
import { isOwned } from '../../sessions/index.js';
import { JobNotFound } from '../domain/job.errors.js';
import { Job } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { JOBS_TOPIC } from './job-topic.js';
import { ACTIVE, JobRow, JobSchema, toJobState } from './job.row.js';

export class SqlJobRepository extends JobRepository {
  private readonly leased: LeasedRows<JobRow, Job>;

  constructor(
    private readonly context: RepositoryContext,
    leaseSeconds: number,
  ) {
    super();
    this.leased = new LeasedRows(context, JobSchema, (row) => Job.restore(toJobState(row)), leaseSeconds);
  }

  async add(job: Job): Promise<boolean> {
    if (!(await this.context.insertNew(JobSchema, this.toRow(job)))) return false;
    this.context.record(...job.pullEvents());
    return true;
  }

  findActive(idempotencyKey: string): Promise<Job | undefined> {
    return this.leased.lock(`idempotency_key = $1 and ${ACTIVE}`, [idempotencyKey]);
  }

  async countActive(of: { userId: string } | { type: string }): Promise<number> {
    const [column, value] = 'userId' in of ? ['user_id', of.userId] : ['type', of.type];
    this.context.write({
      text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
      values: [`jobs ${column} ${value}`],
    });
    // A separate statement after the lock, so that it sees what the previous lock holder committed.
    const [row] = await this.context.query<{ active: number }>(
      `select count(*)::int as active from jobs where ${column} = $1 and ${ACTIVE}`,
      [value],
    );
    return row!.active;
  }

  async get(jobId: string): Promise<Job> {
    const job = await this.leased.lock('id = $1', [jobId]);
    if (!job) throw new JobNotFound(jobId);
    return job;
  }

  async getOwned(jobId: string, userId: string): Promise<Job> {
    if (!(await isOwned(this.context, JobSchema, jobId, userId))) throw new JobNotFound(jobId);
    return this.get(jobId);
  }

  async getHeld(jobId: string, token: string): Promise<Job> {
    const job = await this.get(jobId);
    job.requireLease(token);
    return job;
  }

  // Does not check that the job is due: the sender has.
  findQueued({ jobId, version }: { jobId: string; version: number }): Promise<Job | undefined> {
    return this.leased.lock(`id = $1 and status = 'queued' and version = $2`, [jobId, version]);
  }

  findAbandoned(jobId: string): Promise<Job | undefined> {
    return this.leased.lock(`id = $1 and ${ABANDONED}`, [jobId], 'skip locked');
  }

  async renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]> {
    return this.leased.renew(tokens);
  }

  async save(job: Job): Promise<void> {
    const state = job.snapshot();
    const queued = state.status === 'queued';
    this.context.update(JobSchema, { ...this.toRow(job), ...(queued && { deliveredAt: null }) });
    if (state.status === 'running' && state.cancelRequestedAt) this.context.notify(JOBS_TOPIC, job.id);
    this.context.record(...job.pullEvents());
  }

  private toRow(job: Job): Written<JobRow> & Pick<JobRow, 'id' | 'version'> {
    const { error, ...state } = job.snapshot();
    return {
      ...state,
      ...this.leased.expiryOf(job),
      errorCode: error?.code ?? null,
      errorText: error?.message ?? null,
    };
  }
}
