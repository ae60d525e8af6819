export { JOB_EVENTS } from './api/job-events.dto.js';
export { JobDto } from './api/jobs.dto.js';
export { EnqueueJob, type EnqueuedJob } from './application/enqueue-job.js';
export { JobQueue } from './application/job-queue.js';
export { JobHandlers, type JobHandler, type JobRequest, type JobWork } from './application/job-handler.js';
export { JobStop, JOB_CANCELLED } from './application/job-stop.js';
export { JobSupervisor } from './application/job-supervisor.js';
export { toJobView } from './application/job-view.js';
export { JobWorker } from './application/job-worker.js';
export { placeOfJob } from './application/place-of-job.js';
export { JobQueries } from './application/job.queries.js';
export { JobFailed } from './domain/job.errors.js';
export {
  JOB_TIMED_OUT,
  agentVersionsOf,
  jobTypeOf,
  type Job,
  type JobError,
  type JobState,
} from './domain/job.js';
export { JobRepository } from './domain/job.repository.js';
export { JobsModule } from './jobs.module.js';
