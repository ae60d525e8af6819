/** The topic of notices about runs: the id of one to cancel, or `abandoned` if some can be taken over. */
export const RUNS_TOPIC = 'runs';

export const ABANDONED_NOTICE = 'abandoned';
