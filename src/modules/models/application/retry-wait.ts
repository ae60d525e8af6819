import { setTimeout as pause } from 'node:timers/promises';
import { ModelError } from './language-model.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Waits before a model is asked again: as long as its provider says, or twice as long each time.
 * @param retries how often it was asked again already
 * @param signal ends the wait; it does not reject then
 */
export async function retryWait(error: ModelError, retries: number, signal: AbortSignal): Promise<void> {
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** retries, LONGEST_BACKOFF_MS);
  const wait = Math.min(error.retryAfterMs ?? backoff, LONGEST_BACKOFF_MS);
  await pause(wait, undefined, { signal }).catch((reason: unknown) => {
    if (!signal.aborted) throw reason; // else the caller sees to the abort
  });
}
