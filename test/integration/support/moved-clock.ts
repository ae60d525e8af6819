import { Clock } from '../../../src/shared/domain/clock.js';

/** The clock, and what a test adds to it. */
export class MovedClock implements Clock {
  private aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }

  advance(seconds: number): void {
    this.aheadMs += seconds * 1000;
  }
}
