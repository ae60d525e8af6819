import { setTimeout as pause } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** Looks until something is there. @throws Error with `what` when the deadline has passed */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`In ${deadlineMs / 1000} s there was no ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
