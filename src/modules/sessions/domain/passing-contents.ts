/** What is kept of a session for a limited time, inside a unit of work. The module of the runs answers. */
export abstract class PassingContents {
  /** Ends that time now: the next sweep deletes what there is, in batches. For a session that is locked. */
  abstract expire(sessionId: string): Promise<void>;
}
