/** A message that a job is there to be carried out. The job itself is in the database; a queue only delivers. */
export interface Delivery {
  readonly jobId: string;
  /** Of the job as it was queued: a message that comes late, when the job was queued once more, finds another one. */
  readonly version: number;
}

/** Deliveries with the same key are one: what is on its way already is not sent again. */
export const keyOf = ({ jobId, version }: Delivery): string => `${jobId}-${version}`;

/** Whoever takes deliveries. */
export interface Consumer {
  /**
   * Takes nothing more from the call on; resolves when what was taken has been dealt with. It waits for that, but for
   * the queue not long: what it is not told any more it delivers again.
   */
  stop(): Promise<void>;
}

/**
 * Brings jobs to workers, each to one of them. It may lose a delivery, or bring it twice: what was lost is sent again by
 * the relay, and what comes twice finds the job taken.
 */
export abstract class JobQueue {
  /** For people: without credentials. */
  abstract readonly description: string;
  /** @throws Error when the queue cannot be reached, or does not answer within seconds */
  abstract ping(): Promise<void>;
  /** @throws Error when the queue cannot be reached, or does not answer within seconds; then some may be on their way */
  abstract send(deliveries: readonly Delivery[]): Promise<void>;
  /**
   * Takes deliveries, so many at once, now and whenever the queue can be reached again.
   * @param take resolves when the job is dealt with; never rejects
   */
  abstract consume(concurrency: number, take: (delivery: Delivery) => Promise<void>): Promise<Consumer>;
}
