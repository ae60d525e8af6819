/** Tells other processes what to do about runs: which one to end, or (`abandoned`) that there are some to be had. */
export const RUNS_CHANNEL = 'agent_runtime_runs';

export const ABANDONED_NOTICE = 'abandoned';
