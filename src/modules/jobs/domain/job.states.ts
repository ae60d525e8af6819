import { StateMachine } from '../../../shared/domain/state-machine.js';

export const JOB_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/**
 * `retry`: the attempt failed and another one follows. `release`: the process that executed the job has died or is
 * shutting down, and another one resumes the same attempt.
 */
export type JobAction = 'start' | 'complete' | 'fail' | 'cancel' | 'retry' | 'release';

export const jobStatus = new StateMachine<JobStatus, JobAction>({
  queued: { start: 'running', fail: 'failed', cancel: 'cancelled' },
  running: { complete: 'done', fail: 'failed', cancel: 'cancelled', retry: 'queued', release: 'queued' },
  done: {},
  failed: {},
  cancelled: {},
});
