export interface Checked {
  readonly isReady: boolean;
  /** The state of each part, for operators. */
  readonly details: object;
}

/** Whether this process accepts new work: not while it drains, nor while the database lacks migrations of this code. */
export abstract class Readiness {
  /** Answers within seconds, even if a part does not. */
  abstract check(): Promise<Checked>;
}
