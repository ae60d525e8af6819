import { Agent } from '../../agents/index.js';
import { JobState } from '../../jobs/index.js';

/** What one who forms a synopsis goes by. */
export interface SynopsisAttempt {
  readonly job: JobState;
  readonly agent: Agent;
  /** Its reason is a JobStop, to be thrown. */
  readonly signal: AbortSignal;
}
