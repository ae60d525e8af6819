import { Delivery } from './job-queue.js';

/** The queued jobs that are not in the queue yet. Each call is a transaction of its own. */
export abstract class JobOutbox {
  /**
   * Takes due jobs that were not sent, or were sent before `lostBefore`, and marks them as sent. Processes that take at
   * the same time get different jobs.
   */
  abstract take(now: Date, lostBefore: Date, limit: number): Promise<Delivery[]>;
  /** Marks deliveries as not sent, after sending has failed. */
  abstract putBack(deliveries: readonly Delivery[]): Promise<void>;
  /** When the next unsent job is due; undefined if there is none. */
  abstract nextDue(): Promise<Date | undefined>;
}
