import { setImmediate as nextTurn } from 'node:timers/promises';

/** Writes together what comes in one turn of the event loop, and what comes while that is being written. */
export class GroupWriter<Item> {
  private pending = new Set<Item>();
  private written = Promise.withResolvers<void>();
  private writing = false;
  private readonly insert: (items: readonly Item[]) => Promise<void>;

  constructor(insert: (items: readonly Item[]) => Promise<void>) {
    this.insert = insert;
  }

  /** Resolves when the item is written; one that waits already is written once. */
  write(item: Item): Promise<void> {
    this.pending.add(item);
    if (!this.writing) void this.writeAll();
    return this.written.promise;
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.pending.size > 0) {
      await nextTurn();
      const [batch, { resolve, reject }] = [[...this.pending], this.written];
      this.pending = new Set();
      this.written = Promise.withResolvers();
      await this.insert(batch).then(resolve, reject);
    }
    this.writing = false;
  }
}
