import { Delivery } from './job-queue.js';

/** Which queued jobs no worker has been told of. Each call is a transaction of its own. */
export abstract class JobOutbox {
  /**
   * Jobs that are due and were not sent, or so long ago that the message must be lost. They count as sent from here on.
   * Several processes may take at once: each gets others.
   */
  abstract take(now: Date, lostBefore: Date, limit: number): Promise<Delivery[]>;
  /** They could not be sent. */
  abstract putBack(deliveries: readonly Delivery[]): Promise<void>;
  /** When the next job that was not sent is due; undefined where there is none. */
  abstract nextDue(): Promise<Date | undefined>;
}
