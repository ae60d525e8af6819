import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { ServerDraining } from '../../../shared/application/errors.js';
import { currentTrace } from '../../../shared/application/log-context.js';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { newTrace, toTraceparent } from '../../../shared/application/trace-context.js';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { ConcurrencyError } from '../../../shared/domain/domain-error.js';
import { Ids } from '../../../shared/domain/ids.js';
import { AgentDirectory } from '../../agents/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { JobQuotaExceeded } from '../domain/job.errors.js';
import { Job, JobState, jobTypeOf } from '../domain/job.js';
import { JobRepository } from '../domain/job.repository.js';
import { DeliverJobs } from './deliver-jobs.js';
import { JobHandlers, JobRequest } from './job-handler.js';

export interface EnqueueJobCommand extends JobRequest {
  readonly userId: string;
  readonly sessionId: string;
  readonly agent: string;
  /** What is to be done in the name of the agent; unset = the agent itself is executed. */
  readonly type?: string;
  /** A number, or `latest`, which is the default. */
  readonly version?: string;
}

export interface EnqueuedJob {
  readonly job: JobState;
  /** True if an active job had the same key; the answer is then that job. */
  readonly repeated: boolean;
}

/** Stores a job, and sends it to the workers. */
@Injectable()
export class EnqueueJob {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentDirectory,
    private readonly handlers: JobHandlers,
    private readonly deliverJobs: DeliverJobs,
    private readonly shutdown: Shutdown,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /**
   * @throws AgentNotFound, AgentVersionNotFound, InputInvalid, SessionNotFound, SessionArchived, JobQuotaExceeded,
   * ServerDraining
   */
  async execute(command: EnqueueJobCommand): Promise<EnqueuedJob> {
    if (this.shutdown.draining) throw new ServerDraining();
    const { userId, sessionId } = command;
    const agent = await this.agents.getVersion(userId, command.agent, command.version ?? 'latest');
    const type = command.type ?? jobTypeOf(agent.id);
    const payload = this.handlers.of(type).accept(command);
    const trace = currentTrace() ?? newTrace();
    const { value } = await this.uow.run('enqueue_job', async (tx) => {
      const session = await tx.get(SessionRepository).peek(sessionId, userId);
      // An archived session takes no new messages, but may still be summed up.
      if (agent.mode !== 'background') session.requireOpen();
      const jobs = tx.get(JobRepository);
      const job = Job.queue(
        {
          id: this.ids.next(),
          ...{ type, agent: agent.id, agentVersion: String(agent.version), payload, sessionId, userId },
          traceId: trace.traceId,
          traceparent: toTraceparent(trace),
        },
        this.clock.now(),
      );
      const { idempotencyKey } = job.snapshot();
      if (!(await jobs.add(job))) {
        const active = await jobs.findActive(idempotencyKey);
        // It ended between the two statements.
        if (!active) throw new ConcurrencyError(`the job ${idempotencyKey}`);
        return { job: active.snapshot(), repeated: true };
      }
      await this.requireQuota(tx, job);
      const state = job.snapshot();
      tx.afterCommit(() => this.deliverJobs.send({ jobId: state.id, version: state.version }));
      return { job: state, repeated: false };
    });
    return value;
  }

  /** The new job is counted too. */
  private async requireQuota(tx: Transaction, job: Job): Promise<void> {
    const { quotaPerUser, quotaPerType } = this.config.jobs;
    const { userId, type } = job.snapshot();
    const jobs = tx.get(JobRepository);
    if (quotaPerUser > 0 && (await jobs.countActive({ userId })) > quotaPerUser) {
      throw new JobQuotaExceeded('JOB_QUOTA_PER_USER', quotaPerUser);
    }
    if (quotaPerType > 0 && (await jobs.countActive({ type })) > quotaPerType) {
      throw new JobQuotaExceeded('JOB_QUOTA_PER_TYPE', quotaPerType);
    }
  }
}
