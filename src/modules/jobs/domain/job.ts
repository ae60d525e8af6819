import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Lease, LeaseLost, MAX_RECOVERIES } from '../../../shared/domain/lease.js';
import { JobTransitionNotAllowed } from './job.errors.js';
import { JobEvents } from './job.events.js';
import { JobAction, JobStatus, jobStatus } from './job.states.js';

/** Why a job, or its last attempt, did not reach its end. The message may be shown to clients. */
export type JobError = { code: string; message: string };

export const JOB_TIMED_OUT: JobError = {
  code: 'job.timed_out',
  message: 'The job exceeded its time limit',
};
export const JOB_RECOVERY_EXHAUSTED: JobError = {
  code: 'job.recovery_exhausted',
  message: `The server process died ${MAX_RECOVERIES + 1} times while executing this job`,
};

/** How often, and after how long a wait, an attempt is followed by another. */
export interface RetryRules {
  /** Attempts after the first. */
  readonly retries: number;
  /** Before the second attempt; twice as long before each further one. */
  readonly retryDelaySeconds: number;
}

export interface JobState {
  readonly id: string;
  /** `agent:<id>` */
  readonly type: string;
  readonly agent: string;
  readonly agentVersion: string;
  readonly status: JobStatus;
  readonly payload: JsonObject;
  readonly result: JsonObject | null;
  /** Of a failed job, or of the last attempt of one that will be tried again. */
  readonly error: JobError | null;
  readonly sessionId: string;
  readonly userId: string;
  readonly idempotencyKey: string;
  /** 1, and one more with each retry. */
  readonly attempt: number;
  /** How often this attempt was begun anew, because whoever carried it out was gone. */
  readonly recoveries: number;
  /** In the words of W3C Trace Context: 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span of that trace that asked for it; null where an older version took it in. */
  readonly traceparent: string | null;
  /** The run of this attempt, where it has one. */
  readonly runId: string | null;
  /** Not before this may it be started. */
  readonly availableAt: Date;
  /** When the attempt has taken too long. */
  readonly deadlineAt: Date | null;
  /** Of the process that carries it out. */
  readonly leaseOwner: string | null;
  readonly leaseToken: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly createdAt: Date;
  /** Of the last attempt. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly version: number;
}

type NewJob = Pick<
  JobState,
  'id' | 'agent' | 'agentVersion' | 'payload' | 'sessionId' | 'userId' | 'traceId' | 'traceparent'
>;

/** What a job of this agent is called. */
export const jobTypeOf = (agent: string): string => `agent:${agent}`;

/** Two jobs with the same key are never active at once. */
export const jobKeyOf = ({
  agent,
  agentVersion,
  sessionId,
}: Pick<JobState, 'agent' | 'agentVersion' | 'sessionId'>): string =>
  `agent:${agent}@${agentVersion}:session:${sessionId}`;

/** A background execution of an agent. */
export class Job extends AggregateRoot {
  private constructor(private state: JobState) {
    super();
  }

  static queue(given: NewJob, now: Date): Job {
    const job = new Job({
      ...given,
      type: jobTypeOf(given.agent),
      idempotencyKey: jobKeyOf(given),
      status: 'queued',
      result: null,
      error: null,
      attempt: 1,
      recoveries: 0,
      runId: null,
      availableAt: now,
      deadlineAt: null,
      leaseOwner: null,
      leaseToken: null,
      cancelRequestedAt: null,
      createdAt: now,
      startedAt: null,
      finishedAt: null,
      version: 1,
    });
    job.tellStatus();
    return job;
  }

  static restore(state: JobState): Job {
    return new Job(state);
  }

  snapshot(): JobState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get isFinal(): boolean {
    return jobStatus.isFinal(this.state.status);
  }

  /** Whether the attempt was recovered too often: the job itself may be what ends processes. */
  get isExhausted(): boolean {
    return this.state.recoveries > MAX_RECOVERIES;
  }

  /** @throws LeaseLost when another process has the lease, or it has expired */
  requireLease(token: string): void {
    if (this.state.leaseToken !== token) throw new LeaseLost(`job ${this.id}`);
  }

  /** A process begins an attempt, or goes on with one. @param limitSeconds how long an attempt may take */
  start(lease: Lease, limitSeconds: number, now: Date): void {
    this.move('start', {
      leaseOwner: lease.owner,
      leaseToken: lease.token,
      startedAt: now,
      // What goes on elsewhere gets no more time.
      deadlineAt: this.state.deadlineAt ?? new Date(now.getTime() + limitSeconds * 1000),
    });
  }

  /** The attempt is carried out as this run of the session. */
  attachRun(runId: string): void {
    this.change({ runId });
  }

  complete(result: JsonObject, now: Date): void {
    this.finish('complete', { result, error: null }, now);
  }

  fail(error: JobError, now: Date): void {
    this.finish('fail', { error }, now);
  }

  /** The attempt failed: another one follows, later, where that may help and is allowed. */
  failAttempt(error: JobError, mayPass: boolean, rules: RetryRules, now: Date): void {
    const { attempt } = this.state;
    if (!mayPass || attempt > rules.retries) return this.fail(error, now);
    const waitMs = rules.retryDelaySeconds * 1000 * 2 ** (attempt - 1);
    this.move('retry', {
      error,
      attempt: attempt + 1,
      recoveries: 0,
      runId: null,
      deadlineAt: null,
      availableAt: new Date(now.getTime() + waitMs),
      ...NOBODY,
    });
  }

  /**
   * Nobody carries it out any more: the same attempt goes on elsewhere.
   * @param how `handed_over` in good order; `lost` counts, since the job itself may be what ends processes
   */
  release(how: 'handed_over' | 'lost', now: Date): void {
    const recoveries = this.state.recoveries + (how === 'lost' ? 1 : 0);
    this.move('release', { recoveries, availableAt: now, ...NOBODY });
  }

  /** Asks whoever carries it out to end it. */
  requestCancel(now: Date): void {
    this.change({ cancelRequestedAt: now });
  }

  cancel(now: Date): void {
    this.finish('cancel', { error: null }, now);
  }

  private finish(action: JobAction, outcome: Partial<JobState>, now: Date): void {
    const { startedAt } = this.state;
    this.move(
      action,
      { ...outcome, finishedAt: now, deadlineAt: null, ...NOBODY },
      {
        duration_ms: startedAt ? now.getTime() - startedAt.getTime() : 0,
      },
    );
  }

  private move(action: JobAction, change: Partial<JobState>, told?: Ended): void {
    const { status } = this.state;
    const next = jobStatus.next(status, action);
    if (!next) throw new JobTransitionNotAllowed(this.id, action, status, jobStatus.actions(status));
    this.change({ ...change, status: next });
    this.tellStatus(told);
  }

  private tellStatus(more?: Ended): void {
    const { id, type, status, attempt, sessionId } = this.state;
    // Not the run's: a run's last event is run.finished.
    const data = { job_id: id, job_type: type, status, attempt, ...more };
    this.record({ type: 'job.status_changed', sessionId, runId: null, data });
  }

  private change(part: Partial<JobState>): void {
    this.state = { ...this.state, ...part };
  }
}

/** What is told of a job that has ended. */
type Ended = Pick<JobEvents['job.status_changed'], 'duration_ms'>;

const NOBODY = { leaseOwner: null, leaseToken: null } as const;
