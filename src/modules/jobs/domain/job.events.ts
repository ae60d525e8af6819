import { JobStatus } from './job.states.js';

export interface JobEvents {
  'job.status_changed': {
    job_id: string;
    job_type: string;
    status: JobStatus;
    attempt: number;
    /** The duration of the last attempt, once the job has ended. */
    duration_ms?: number;
  };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends JobEvents {}
}
