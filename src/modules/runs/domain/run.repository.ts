import { Run, RunState } from './run.js';

/** The runs, inside a unit of work. */
export abstract class RunRepository {
  /** Fails the unit of work with SessionBusy where the session has an active run. */
  abstract add(run: Run): Promise<void>;
  /**
   * Loads a run in order to change it, and locks it until the unit of work ends. Taken before the rows of its session,
   * its messages and its events, everywhere, so that two units of work never wait for each other.
   * @throws RunNotFound
   */
  abstract get(runId: string): Promise<Run>;
  /**
   * The same, for its user. Asked within the unit of work, so that a request that is repeated finds what it led to also
   * after the session was deleted.
   * @throws RunNotFound also when it is another user's, or its session was deleted
   */
  abstract getOwned(runId: string, userId: string): Promise<Run>;
  /**
   * The same, for the process that executes the run: every write of it begins here.
   * @param state as it was read, with the lease of that process
   * @throws LeaseLost when another process has taken the run over since
   */
  abstract getLeased(state: Pick<RunState, 'id' | 'leaseToken'>): Promise<Run>;
  /** A running run without a valid lease, locked like that; undefined where it has one, or another process locks it. */
  abstract findAbandoned(runId: string): Promise<Run | undefined>;
  /** The run whose turn is next in a session, locked like that; undefined where one is active, or none is queued. */
  abstract findNext(sessionId: string): Promise<Run | undefined>;
  abstract countQueued(sessionId: string): Promise<number>;
  /** Renews leases. A token that is not among the answers is lost. */
  abstract renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]>;
  /** Gives leases up, so that other processes may go on at once. */
  abstract release(tokens: readonly string[]): Promise<void>;
  /** The active run of a session, in order to change it; locked like the one that `get` loads. */
  abstract findActive(sessionId: string): Promise<Run | undefined>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(run: Run): Promise<void>;
}
