import { Job } from './job.js';

/** The jobs, inside a unit of work. */
export abstract class JobRepository {
  /**
   * Stores a new job.
   * @returns false if a job with the same key is queued or running: then nothing is stored
   */
  abstract add(job: Job): Promise<boolean>;
  /** The queued or running job with this key. */
  abstract findActive(idempotencyKey: string): Promise<Job | undefined>;
  /**
   * The number of queued and running jobs. Exact: another unit of work that counts the same waits until this one ends.
   * Always count by user before by type: the fixed order prevents deadlocks.
   */
  abstract countActive(of: { userId: string } | { type: string }): Promise<number>;
  /**
   * Loads a job to change it, under a row lock until the unit of work ends. Lock order: job, run, session.
   * @throws JobNotFound
   */
  abstract get(jobId: string): Promise<Job>;
  /**
   * The same, for its user. Called within the unit of work, so that a repeated request gets its stored answer even after
   * the session was deleted.
   * @throws JobNotFound also when it belongs to another user, or its session was deleted
   */
  abstract getOwned(jobId: string, userId: string): Promise<Job>;
  /**
   * The same, for the holder of its lease.
   * @throws LeaseLost when the lease belongs to another process or has expired
   */
  abstract getHeld(jobId: string, token: string): Promise<Job>;
  /** Locks a job that is still queued at this version; undefined if it was started or has ended. */
  abstract findQueued(queued: { jobId: string; version: number }): Promise<Job | undefined>;
  /** Locks a job whose lease has expired; undefined if another process has it. */
  abstract findAbandoned(jobId: string): Promise<Job | undefined>;
  /** Renews leases; a token missing in the result is lost. */
  abstract renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]>;
  /** @throws ConcurrencyError when the row has changed since it was loaded */
  abstract save(job: Job): Promise<void>;
}
