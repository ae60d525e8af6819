/**
 * The time, by the database's clock: all processes agree on what they store and compare. It is injected: domain and
 * application code never reads the system clock. Durations within a process go by `performance.now()`.
 */
export abstract class Clock {
  abstract now(): Date;
}

/** In milliseconds; 0 where the database's clock was set back in between. */
export const elapsedMs = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime());

export const secondsAfter = (from: Date, seconds: number): Date => new Date(from.getTime() + seconds * 1000);
