import { NEVER, firstValueFrom, from, fromEvent, of, race, timer } from 'rxjs';

/**
 * Waits for something that may never happen: not longer than that, and not when it has to hurry.
 * @throws what the work throws in time
 */
export async function atMost(ms: number, work: Promise<unknown>, hurry?: AbortSignal): Promise<void> {
  const hurried$ = hurry ? (hurry.aborted ? of(true) : fromEvent(hurry, 'abort')) : NEVER;
  await firstValueFrom(race(from(work), timer(ms), hurried$));
}
