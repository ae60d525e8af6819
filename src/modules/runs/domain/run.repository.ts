import { Run } from './run.js';

/** The runs, inside a unit of work. */
export abstract class RunRepository {
  /** @throws SessionBusy when the session has an active run: the database sees to it, whoever asks */
  abstract add(run: Run): Promise<void>;
  /**
   * Loads a run in order to change it, and locks it until the unit of work ends. Taken before the rows of its session,
   * its messages and its events, everywhere, so that two units of work never wait for each other.
   * @throws RunNotFound
   */
  abstract get(runId: string): Promise<Run>;
  /** The active run of a session, in order to change it; locked like the one that `get` loads. */
  abstract findActive(sessionId: string): Promise<Run | undefined>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(run: Run): Promise<void>;
}
