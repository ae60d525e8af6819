/** A message that a job is ready to run. The job itself is in the database; a queue only delivers. */
export interface Delivery {
  readonly jobId: string;
  /** The version of the job when it was queued: a late message does not match a job that was queued again. */
  readonly version: number;
}

/** Deliveries with the same key are one: a delivery that is already in the queue is not added again. */
export const keyOf = ({ jobId, version }: Delivery): string => `${jobId}-${version}`;

/** A subscription to deliveries. */
export interface Consumer {
  /**
   * Takes no more deliveries; resolves when those taken have been processed. The wait for acknowledgements is short:
   * without one, the queue delivers again.
   */
  stop(): Promise<void>;
}

/**
 * Brings each job to one worker. It may lose a delivery, or bring it twice: the sweep sends lost ones again, and a
 * duplicate finds the job taken.
 */
export abstract class JobQueue {
  /** For logs and health reports, without credentials. */
  abstract readonly description: string;
  /** @throws Error when the queue cannot be reached, or does not answer within seconds */
  abstract ping(): Promise<void>;
  /** @throws Error when the queue cannot be reached, or does not answer within seconds; some may be in the queue then */
  abstract send(deliveries: readonly Delivery[]): Promise<void>;
  /**
   * Takes deliveries until stopped; reconnects after an outage of the queue.
   * @param concurrency the number of deliveries processed at the same time
   * @param take resolves when the attempt has ended; never rejects
   */
  abstract consume(concurrency: number, take: (delivery: Delivery) => Promise<void>): Promise<Consumer>;
}
