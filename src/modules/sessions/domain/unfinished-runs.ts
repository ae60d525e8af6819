/** What a session must know of its runs, inside a unit of work. The module of the runs answers. */
export abstract class UnfinishedRuns {
  /**
   * Whether a run of the conversation is queued, running or waiting; runs of jobs do not count. Certain only for a session
   * that is locked.
   */
  abstract existIn(sessionId: string): Promise<boolean>;
}
