import { Agent } from '../../agents/index.js';
import { JobState } from '../../jobs/index.js';

/** The job, agent and signal of one attempt to make a synopsis. */
export interface SynopsisAttempt {
  readonly job: JobState;
  readonly agent: Agent;
  /** Its reason is a JobStop, to be thrown. */
  readonly signal: AbortSignal;
}
