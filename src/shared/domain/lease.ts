/** The right of one process to execute a run or a job. It lasts as long as it is renewed. */
export interface Lease {
  /** The process. */
  readonly owner: string;
  /** New with each lease, also of the same process: fences off every earlier one. */
  readonly token: string;
}

/** How often a step is repeated after its process died: the step itself may crash processes. */
export const MAX_RECOVERIES = 3;

/** The lease belongs to another process, or was given up: this process must not write. No client gets this error. */
export class LeaseLost extends Error {
  constructor(what: string) {
    super(`The lease of ${what} is lost`);
    this.name = 'LeaseLost';
  }
}
