import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { elapsedMs, secondsAfter } from '../../../shared/domain/clock.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { Lease, LeaseLost, MAX_RECOVERIES } from '../../../shared/domain/lease.js';
import { JobTransitionNotAllowed } from './job.errors.js';
import { JobEvents } from './job.events.js';
import { JobAction, JobStatus, jobStatus } from './job.states.js';

/** Why a job or its last attempt failed. The message may be shown to clients. */
export type JobError = { code: string; message: string };

export const JOB_TIMED_OUT: JobError = {
  code: 'job.timed_out',
  message: 'The job exceeded its time limit',
};
export const JOB_RECOVERY_EXHAUSTED: JobError = {
  code: 'job.recovery_exhausted',
  message: `The server process died ${MAX_RECOVERIES + 1} times while executing this job`,
};

/** The number of retries and the delay before them. */
export interface RetryRules {
  /** The number of attempts after the first. */
  readonly retries: number;
  /** The delay before the second attempt; it doubles with each further one. */
  readonly retryDelaySeconds: number;
}

export interface JobState {
  readonly id: string;
  /** `agent:<id>`, or the name of other work on a session. */
  readonly type: string;
  /** The agent that does it, or in whose name it is done. */
  readonly agent: string;
  /** A number; `1.0.0` in jobs stored by an older release. */
  readonly agentVersion: string;
  readonly status: JobStatus;
  readonly payload: JsonObject;
  readonly result: JsonObject | null;
  /** The error of a failed job, or of the last attempt of a job that will be retried. */
  readonly error: JobError | null;
  readonly sessionId: string;
  readonly userId: string;
  readonly idempotencyKey: string;
  /** Starts at 1 and grows by 1 with each retry. */
  readonly attempt: number;
  /** How often this attempt was resumed after its process had died. */
  readonly recoveries: number;
  /** As in W3C Trace Context: 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span of the request that created the job; null for jobs stored by an older version. */
  readonly traceparent: string | null;
  /** The run of this attempt, if it has one. */
  readonly runId: string | null;
  /** The earliest start. */
  readonly availableAt: Date;
  /** The deadline of the attempt. */
  readonly deadlineAt: Date | null;
  /** The process that executes the job. */
  readonly leaseOwner: string | null;
  readonly leaseToken: string | null;
  readonly cancelRequestedAt: Date | null;
  readonly createdAt: Date;
  /** The start of the last attempt. */
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly version: number;
}

type NewJob = Pick<
  JobState,
  'id' | 'type' | 'agent' | 'agentVersion' | 'payload' | 'sessionId' | 'userId' | 'traceId' | 'traceparent'
>;

/** The type of an agent's jobs. */
export const jobTypeOf = (agent: string): string => `agent:${agent}`;

export const agentOfType = (type: string): string => type.slice(jobTypeOf('').length);

export const isOfAgent = (type: string): boolean => type.startsWith(jobTypeOf(''));

/** At most one active job has a key: per session one for each version of an agent, and one for each other type. */
export const jobKeyOf = ({
  type,
  agent,
  agentVersion,
  sessionId,
}: Pick<JobState, 'type' | 'agent' | 'agentVersion' | 'sessionId'>): string =>
  `${type === jobTypeOf(agent) ? `${type}@${agentVersion}` : type}:session:${sessionId}`;

/** The version of its agent that all attempts of a job use; none for a job stored by an older release. */
export const agentVersionsOf = ({
  agent,
  agentVersion,
}: Pick<JobState, 'agent' | 'agentVersion'>): Readonly<Record<string, number>> =>
  /^\d+$/.test(agentVersion) ? { [agent]: Number(agentVersion) } : {};

/** Work in the background: the execution of an agent, or other work on a session. */
export class Job extends AggregateRoot {
  private constructor(private state: JobState) {
    super();
  }

  static queue(given: NewJob, now: Date): Job {
    const job = new Job({
      ...given,
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
    job.recordStatus();
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

  /** Whether the limit of recoveries is reached: the job itself probably crashes its process. */
  get isExhausted(): boolean {
    return this.state.recoveries > MAX_RECOVERIES;
  }

  /** @throws LeaseLost when another process has the lease, or it has expired */
  requireLease(token: string): void {
    if (this.state.leaseToken !== token) throw new LeaseLost(`job ${this.id}`);
  }

  /** Starts or resumes an attempt. @param limitSeconds the longest duration of an attempt */
  start(lease: Lease, limitSeconds: number, now: Date): void {
    this.move('start', {
      leaseOwner: lease.owner,
      leaseToken: lease.token,
      startedAt: now,
      // A resumed attempt keeps its deadline.
      deadlineAt: this.state.deadlineAt ?? secondsAfter(now, limitSeconds),
    });
  }

  /** Sets the run that executes the attempt. */
  attachRun(runId: string): void {
    this.change({ runId });
  }

  complete(result: JsonObject, now: Date): void {
    this.finish('complete', { result, error: null }, now);
  }

  fail(error: JobError, now: Date): void {
    this.finish('fail', { error }, now);
  }

  /**
   * Ends a failed attempt. A later one follows if the error may pass and the rules allow a retry.
   * @param notBefore the earliest time at which it may succeed
   */
  failAttempt(error: JobError, mayPass: boolean, rules: RetryRules, now: Date, notBefore = now): void {
    const { attempt } = this.state;
    if (!mayPass || attempt > rules.retries) return this.fail(error, now);
    const waitMs = rules.retryDelaySeconds * 1000 * 2 ** (attempt - 1);
    this.move('retry', {
      error,
      attempt: attempt + 1,
      recoveries: 0,
      runId: null,
      deadlineAt: null,
      availableAt: new Date(Math.max(now.getTime() + waitMs, notBefore.getTime())),
      ...NOBODY,
    });
  }

  /**
   * Gives up the lease, so that another process resumes the same attempt.
   * @param how `handed_over` by a process that shuts down; `lost` counts as a recovery, since the job itself may have
   * crashed its process
   */
  release(how: 'handed_over' | 'lost', now: Date): void {
    const recoveries = this.state.recoveries + (how === 'lost' ? 1 : 0);
    this.move('release', { recoveries, availableAt: now, ...NOBODY });
  }

  /** Asks the process that executes the job to end it. */
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
        duration_ms: startedAt ? elapsedMs(startedAt, now) : 0,
      },
    );
  }

  private move(action: JobAction, change: Partial<JobState>, ended?: Ended): void {
    const { status } = this.state;
    const next = jobStatus.next(status, action);
    if (!next) throw new JobTransitionNotAllowed(this.id, action, status, jobStatus.actions(status));
    this.change({ ...change, status: next });
    this.recordStatus(ended);
  }

  private recordStatus(ended?: Ended): void {
    const { id, type, status, attempt, sessionId } = this.state;
    // Without a run id: a run's last event is run.finished.
    const data = { job_id: id, job_type: type, status, attempt, ...ended };
    this.record({ type: 'job.status_changed', sessionId, runId: null, data });
  }

  private change(part: Partial<JobState>): void {
    this.state = { ...this.state, ...part };
  }
}

/** The additional data of a job that has ended. */
type Ended = Pick<JobEvents['job.status_changed'], 'duration_ms'>;

const NOBODY = { leaseOwner: null, leaseToken: null } as const;
