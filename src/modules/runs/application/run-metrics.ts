/** What the runs tell of themselves besides their events. */
export abstract class RunMetrics {
  /** How many runs this process carries out at the moment. */
  abstract active(runs: number): void;
  /** What the runtime added to the time until a reader could see the first text, without the model's own share. */
  abstract addedToFirstToken(seconds: number): void;
}
