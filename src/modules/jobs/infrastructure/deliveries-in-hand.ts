import { Delivery } from '../application/job-queue.js';

/** What a consumer has taken and not dealt with yet: never more than it may, and nothing once it is closed. */
export class DeliveriesInHand {
  private readonly inHand = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly concurrency: number,
    private readonly take: (delivery: Delivery) => Promise<void>,
  ) {}

  /** @returns false where it was not taken, and belongs back into the queue */
  async deal(delivery: Delivery): Promise<boolean> {
    while (!this.isClosed && this.inHand.size >= this.concurrency) await Promise.race(this.inHand);
    if (this.isClosed) return false;
    const dealing = this.take(delivery).finally(() => this.inHand.delete(dealing));
    this.inHand.add(dealing);
    await dealing;
    return true;
  }

  /** Takes nothing more from the call on; resolves when nothing is in hand any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.inHand);
  }
}
