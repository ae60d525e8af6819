import { Page, PageRequest } from '../../../shared/application/page.js';
import { JobStatus } from '../domain/job.states.js';
import { JobState } from '../domain/job.js';

/** Which jobs of a list are wanted; unset = all. */
export interface JobFilter {
  readonly status: JobStatus | undefined;
  readonly sessionId: string | undefined;
  readonly type: string | undefined;
}

/** Jobs as they are shown, and as whoever looks after them needs to see them. */
export abstract class JobQueries {
  /** The user's jobs, newest first. */
  abstract list(userId: string, filter: JobFilter, page: PageRequest): Promise<Page<JobState>>;
  /** @throws JobNotFound also when it belongs to somebody else */
  abstract view(jobId: string, userId: string): Promise<JobState>;
  /** The queued or running job of an agent in a session, where there is one. */
  abstract findActive(sessionId: string, agent: string): Promise<JobState | undefined>;
  /** Running jobs that nobody carries out. */
  abstract listAbandoned(limit: number): Promise<string[]>;
}
