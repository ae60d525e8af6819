import { Delivery } from './job-queue.js';

/** The queued jobs that are not in the queue yet. Each call is a transaction of its own, which a crash may undo. */
export abstract class JobOutbox {
  /**
   * Takes due jobs that were not sent, or were sent longer ago than `lostAfterSeconds`, and marks them as sent. Processes
   * that take at the same time get different jobs.
   */
  abstract take(lostAfterSeconds: number, limit: number): Promise<Delivery[]>;
  /** Marks deliveries that were sent without `take`. A job that has another version by now needs no mark. */
  abstract markSent(deliveries: readonly Delivery[]): Promise<void>;
  /** Marks deliveries as not sent, after sending has failed. */
  abstract putBack(deliveries: readonly Delivery[]): Promise<void>;
  /** The time until the next unsent job is due, negative if it is overdue; undefined if there is none. */
  abstract msToNextDue(): Promise<number | undefined>;
}
