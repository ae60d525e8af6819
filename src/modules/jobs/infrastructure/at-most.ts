import { setTimeout as pause } from 'node:timers/promises';

/** Waits for something that may never happen, and not longer than that. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const tooLong = pause(ms, undefined, { signal: over.signal }).catch(() => undefined); // it has happened
  await Promise.race([work, tooLong]);
  over.abort();
}
