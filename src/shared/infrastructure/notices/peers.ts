import { Injectable } from '@nestjs/common';

/** How long an entry in `instances` holds without renewal. */
export const LEASE_SECONDS = 15;

/** What this process knows of the other registered ones. Times are those of `performance.now()`. */
@Injectable()
export class Peers {
  /** By id, when a peer has said hello; -Infinity for one that is only known by its entry. */
  private readonly greetedAt = new Map<string, number>();
  private renewedAt = -Infinity;

  get ids(): string[] {
    return [...this.greetedAt.keys()];
  }

  has(id: string): boolean {
    return this.greetedAt.has(id);
  }

  /** Whether every peer is known: none becomes ready without an answer of this process while its entry holds. */
  get areKnown(): boolean {
    return performance.now() - this.renewedAt < LEASE_SECONDS * 1000;
  }

  get areNone(): boolean {
    return this.areKnown && this.greetedAt.size === 0;
  }

  greet(id: string): void {
    this.greetedAt.set(id, performance.now());
  }

  leave(id: string): void {
    this.greetedAt.delete(id);
  }

  /**
   * The own entry was renewed, and the others read after that.
   * @param askedAt when that was asked for: a peer that said hello since then may not be among those read
   */
  renewed(others: readonly string[], askedAt: number): void {
    this.renewedAt = Math.max(this.renewedAt, askedAt);
    const read = new Set(others);
    for (const [id, greetedAt] of this.greetedAt) {
      if (!read.has(id) && greetedAt < askedAt) this.greetedAt.delete(id);
    }
    for (const id of read) if (!this.greetedAt.has(id)) this.greetedAt.set(id, -Infinity);
  }

  /** This process may have missed a hello. */
  lost(): void {
    this.renewedAt = -Infinity;
  }
}
