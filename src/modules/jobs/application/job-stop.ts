/** Why a process stops executing a job. */
export class JobStop extends Error {
  constructor(
    /** `released`: another process will resume it; `lost`: another process has its lease. */
    readonly kind: 'cancelled' | 'timed_out' | 'released' | 'lost',
  ) {
    super(`the job is ${kind}`);
  }
}

export const JOB_CANCELLED = new JobStop('cancelled');
export const JOB_OVERDUE = new JobStop('timed_out');
export const JOB_RELEASED = new JobStop('released');
export const JOB_LOST = new JobStop('lost');
