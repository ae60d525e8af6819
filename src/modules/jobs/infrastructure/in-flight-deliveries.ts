import { Delivery } from '../application/job-queue.js';

/** The deliveries a consumer is processing: at most `concurrency`, and no new ones after `close`. */
export class InFlightDeliveries {
  private readonly inFlight = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly concurrency: number,
    private readonly take: (delivery: Delivery) => Promise<void>,
  ) {}

  /** @returns false if it was not taken and must go back into the queue */
  async deal(delivery: Delivery): Promise<boolean> {
    while (!this.isClosed && this.inFlight.size >= this.concurrency) await Promise.race(this.inFlight);
    if (this.isClosed) return false;
    const dealing = this.take(delivery).finally(() => this.inFlight.delete(dealing));
    this.inFlight.add(dealing);
    await dealing;
    return true;
  }

  /** Takes no more deliveries; resolves when those in flight have ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.inFlight);
  }
}
