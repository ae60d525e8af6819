import { Steer } from './steer.js';

/** What waits for runs, inside a unit of work. A unit of work that adds or takes holds the lock of the run. */
export abstract class SteerRepository {
  abstract add(steer: Steer): Promise<void>;
  abstract count(runId: string): Promise<number>;
  /**
   * Asks whether anything waits for a run, after the lock of the run was asked for, and does not wait for the answer. Where nothing
   * does, `takeAll` costs no wait of its own.
   */
  abstract lookAhead(runId: string): void;
  /** Takes all that wait for a run, the oldest first. */
  abstract takeAll(runId: string): Promise<Steer[]>;
  /** Takes one, without the lock of its run. @returns it, if it waited */
  abstract take(sessionId: string, steerId: string): Promise<Steer | undefined>;
}
