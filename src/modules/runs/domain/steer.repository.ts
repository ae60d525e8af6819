import { Steer } from './steer.js';

/** What waits for runs, inside a unit of work. A unit of work that adds or takes holds the lock of the run. */
export abstract class SteerRepository {
  abstract add(steer: Steer): Promise<void>;
  abstract count(runId: string): Promise<number>;
  /** Takes all that wait for a run, the oldest first. */
  abstract takeAll(runId: string): Promise<Steer[]>;
  /** Takes one, without the lock of its run. @returns it, if it waited */
  abstract take(sessionId: string, steerId: string): Promise<Steer | undefined>;
}
