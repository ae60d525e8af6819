/** The NOTIFY channel between processes: the payload is the job to cancel, or `due` when jobs wait for delivery. */
export const JOBS_CHANNEL = 'agent_runtime_jobs';

export const DUE_NOTICE = 'due';
