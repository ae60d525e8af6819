import { RunState } from './run-state.js';
import { Run } from './run.js';

/** The runs, inside a unit of work. */
export abstract class RunRepository {
  /** A run that is active fails the unit of work with SessionBusy if another one is, or is queued: it would overtake that. */
  abstract add(run: Run): Promise<void>;
  /**
   * Loads a run for a change, and locks it until the unit of work ends. Lock order everywhere: the run before the
   * rows of its session, messages and events, so that units of work cannot deadlock.
   * @throws RunNotFound
   */
  abstract get(runId: string): Promise<Run>;
  /**
   * The same, for its user. Checked within the unit of work, so that a repeated request gets its stored outcome even
   * after the session was deleted.
   * @throws RunNotFound also for a run of another user or of a deleted session
   */
  abstract getOwned(runId: string, userId: string): Promise<Run>;
  /**
   * The same, for the process that executes the run: every write of that process begins here.
   * @param state as it was read, with the lease of that process
   * @throws LeaseLost when another process has taken the run over
   */
  abstract getLeased(state: Pick<RunState, 'id' | 'leaseToken'>): Promise<Run>;
  /** Locks a running run without a valid lease; undefined if it has one, or another process locks it. */
  abstract findAbandoned(runId: string): Promise<Run | undefined>;
  /** Locks the queued run of a session that comes next; undefined if a run is active, none is queued, or another process locks it. */
  abstract findNext(sessionId: string): Promise<Run | undefined>;
  /** Locks the queued run of a session whose message has this part. */
  abstract findQueuedWith(sessionId: string, steerId: string): Promise<Run | undefined>;
  abstract countQueued(sessionId: string): Promise<number>;
  /** Renews leases. A token that is not returned is lost. */
  abstract renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]>;
  /** Releases leases, so that other processes can take the runs over at once. */
  abstract release(tokens: readonly string[]): Promise<void>;
  /** Locks the active run of a session, as `get` does. */
  abstract findActive(sessionId: string): Promise<Run | undefined>;
  /** @throws ConcurrencyError when it has changed since it was loaded */
  abstract save(run: Run): Promise<void>;
}
