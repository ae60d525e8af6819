/** Notifies other processes about runs: the id of one to cancel, or `abandoned` if some can be taken over. */
export const RUNS_CHANNEL = 'agent_runtime_runs';

export const ABANDONED_NOTICE = 'abandoned';
