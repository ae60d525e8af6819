import { Run } from './run.js';

/** The runs, inside a unit of work. */
export abstract class RunRepository {
  /**
   * Its events are the caller's to record: they may belong behind others.
   * @throws SessionBusy when the session has an active run: the database sees to it, whoever asks
   */
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
   * @throws RunNotFound also when it is somebody else's, or its session was deleted
   */
  abstract getOwned(runId: string, userId: string): Promise<Run>;
  /**
   * The same, for the process that carries the run on.
   * @throws LeaseLost when it is not this one any more
   */
  abstract getHeld(runId: string, token: string): Promise<Run>;
  /** A run that nobody carries on, locked like that; undefined where somebody does, or is about to. */
  abstract findAbandoned(runId: string): Promise<Run | undefined>;
  /** The run whose turn is next in a session, locked like that; undefined where one is active, or none waits. */
  abstract findNext(sessionId: string): Promise<Run | undefined>;
  /** How many runs of a session wait for their turn. */
  abstract countQueued(sessionId: string): Promise<number>;
  /** Prolongs leases; what is not among the answers is lost. */
  abstract renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]>;
  /** Gives leases up, so that others may go on at once. */
  abstract release(tokens: readonly string[]): Promise<void>;
  /** The active run of a session, in order to change it; locked like the one that `get` loads. */
  abstract findActive(sessionId: string): Promise<Run | undefined>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(run: Run): Promise<void>;
}
