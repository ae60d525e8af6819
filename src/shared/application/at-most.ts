import { NEVER, firstValueFrom, from, fromEvent, of, race, timer } from 'rxjs';

/**
 * Waits for work until the time is over or `hurry` is aborted.
 * @throws what the work throws before that
 */
export async function atMost(ms: number, work: Promise<unknown>, hurry?: AbortSignal): Promise<void> {
  const hurried$ = hurry ? (hurry.aborted ? of(true) : fromEvent(hurry, 'abort')) : NEVER;
  await firstValueFrom(race(from(work), timer(ms), hurried$));
}
