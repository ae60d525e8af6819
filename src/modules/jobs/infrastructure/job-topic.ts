/** The topic of notices about jobs: the ids of those to cancel. */
export const JOBS_TOPIC = 'jobs';
