/** The topic of notices about jobs: the job to cancel, or `due` when jobs wait for delivery. */
export const JOBS_TOPIC = 'jobs';

export const DUE_NOTICE = 'due';
