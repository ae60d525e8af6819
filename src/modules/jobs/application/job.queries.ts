import { Page, PageRequest } from '../../../shared/application/page.js';
import { JobStatus } from '../domain/job.states.js';
import { JobState } from '../domain/job.js';

/** Filters a list of jobs; unset = all. */
export interface JobFilter {
  readonly status: JobStatus | undefined;
  readonly sessionId: string | undefined;
  readonly type: string | undefined;
}

/** Reads jobs for the API and for recovery. */
export abstract class JobQueries {
  /** The user's jobs, newest first. */
  abstract list(userId: string, filter: JobFilter, page: PageRequest): Promise<Page<JobState>>;
  /** @throws JobNotFound also when it belongs to another user */
  abstract view(jobId: string, userId: string): Promise<JobState>;
  /** The queued or running job of a type in a session, if there is one. */
  abstract findActive(sessionId: string, type: string): Promise<JobState | undefined>;
  /** Running jobs whose lease has expired. */
  abstract listAbandoned(limit: number): Promise<string[]>;
}
