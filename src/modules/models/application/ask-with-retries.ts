import { setTimeout as pause } from 'node:timers/promises';
import { ModelError } from './language-model.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Limits per minute pass within it. A provider that asks for a longer wait is not asked again. */
const LONGEST_WAIT_MS = 60_000;

export interface AskPolicy {
  readonly maxRetries: number;
  /** Ends the retries, also during a pause. */
  readonly signal: AbortSignal;
  /** Called before each pause. */
  readonly onRetry: (error: ModelError, retry: number) => void;
}

/**
 * Retries a model call after failures that may pass.
 * @param ask gets the previous failure and the number of earlier calls
 * @throws the error of the last attempt, or the signal's reason
 */
export async function askWithRetries<T>(
  { maxRetries, signal, onRetry }: AskPolicy,
  ask: (retry: number, failure: ModelError | undefined) => Promise<T>,
): Promise<T> {
  let failure: ModelError | undefined;
  for (let retry = 0; ; retry++) {
    let waitMs: number | undefined;
    try {
      return await ask(retry, failure);
    } catch (error) {
      if (!(error instanceof ModelError) || signal.aborted) throw error;
      waitMs = waitBeforeRetry(error, retry, maxRetries);
      if (waitMs === undefined) throw error;
      failure = error;
    }
    onRetry(failure, retry + 1);
    await pause(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/**
 * The delay before a retry, in milliseconds: what the provider asks for, or one that doubles each time.
 * @param retries the number of retries so far
 * @returns undefined if the request is not worth another one
 */
export function waitBeforeRetry(error: ModelError, retries: number, maxRetries: number): number | undefined {
  if (retries >= Math.min(maxRetries, error.retries)) return undefined;
  const waitMs = error.facts.retryAfterMs ?? Math.min(FIRST_BACKOFF_MS * 2 ** retries, LONGEST_BACKOFF_MS);
  return waitMs > LONGEST_WAIT_MS ? undefined : waitMs;
}
