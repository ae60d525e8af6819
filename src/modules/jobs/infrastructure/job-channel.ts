/** Tells other processes what to do about jobs: which one to end, or (`due`) that there are some to be delivered. */
export const JOBS_CHANNEL = 'agent_runtime_jobs';

export const DUE_NOTICE = 'due';
