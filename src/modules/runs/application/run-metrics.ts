export const RECOVERY_OUTCOMES = ['recovered', 'handed_over', 'exhausted'] as const;

export type RecoveryOutcome = (typeof RECOVERY_OUTCOMES)[number];

/** What the runs tell of themselves besides their events. */
export abstract class RunMetrics {
  /** How many runs this process carries out at the moment. */
  abstract active(runs: number): void;
  /** A run was taken over from a process that is gone. */
  abstract recovered(outcome: RecoveryOutcome): void;
  /** A model is asked again after a call that failed with this code. */
  abstract retried(model: string, code: string): void;
  /** What the runtime added to the time until a reader could see the first text, without the model's own share. */
  abstract addedToFirstToken(seconds: number): void;
}
