import { Job } from './job.js';

/** The jobs, inside a unit of work. */
export abstract class JobRepository {
  /**
   * Stores a new job, and sees to it that a worker hears of it once the unit of work is committed.
   * @returns false where a job with the same key is queued or running: then nothing is stored
   */
  abstract add(job: Job): Promise<boolean>;
  /** The queued or running job with this key. */
  abstract findActive(idempotencyKey: string): Promise<Job | undefined>;
  /**
   * How many jobs are queued or running. Exact: whoever counts the same waits until this unit of work has ended.
   * Ask for a user's before a type's, everywhere, so that two units of work never wait for each other.
   */
  abstract countActive(of: { userId: string } | { type: string }): Promise<number>;
  /**
   * Loads a job in order to change it, and locks it until the unit of work ends. Taken before the rows of its run and
   * its session.
   * @throws JobNotFound
   */
  abstract get(jobId: string): Promise<Job>;
  /**
   * The same, for its user. Asked within the unit of work, so that a request that is repeated finds what it led to also
   * after the session was deleted.
   * @throws JobNotFound also when it is somebody else's, or its session was deleted
   */
  abstract getOwned(jobId: string, userId: string): Promise<Job>;
  /**
   * The same, for the process that carries it out.
   * @throws LeaseLost when it is not this one any more
   */
  abstract getHeld(jobId: string, token: string): Promise<Job>;
  /** A job that has been queued since it had this version, locked; undefined where it was started, or has ended. */
  abstract findQueued(queued: { jobId: string; version: number }): Promise<Job | undefined>;
  /** A job whose lease has run out, locked; undefined where somebody else has it. */
  abstract findAbandoned(jobId: string): Promise<Job | undefined>;
  /** Prolongs leases; what is not among the answers is lost. */
  abstract renew(tokens: readonly string[]): Promise<{ token: string; cancelRequested: boolean }[]>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(job: Job): Promise<void>;
}
