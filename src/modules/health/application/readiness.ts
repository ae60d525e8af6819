export interface Checked {
  readonly isReady: boolean;
  /** What each part says; for people. */
  readonly details: object;
}

/** Whether new work may be sent to this process: not while it drains, nor without a database that is as new as it. */
export abstract class Readiness {
  /** Answers within seconds, also where a part does not. */
  abstract check(): Promise<Checked>;
}
