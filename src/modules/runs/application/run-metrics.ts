export const RECOVERY_OUTCOMES = ['recovered', 'handed_over', 'exhausted'] as const;

export type RecoveryOutcome = (typeof RECOVERY_OUTCOMES)[number];

/** Metrics of runs that do not come from their events. */
export abstract class RunMetrics {
  /** The number of runs that this process executes. */
  abstract active(runs: number): void;
  /** A run of a dead process was taken over. */
  abstract recovered(outcome: RecoveryOutcome): void;
  /** A model is asked again after a call that failed with this code. */
  abstract retried(model: string, code: string): void;
  /** The runtime's share of the time to the first text, without that of the model. */
  abstract addedToFirstToken(seconds: number): void;
}
