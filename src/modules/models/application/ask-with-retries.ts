import { setTimeout as pause } from 'node:timers/promises';
import { ModelError } from './language-model.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

export interface AskPolicy {
  readonly maxRetries: number;
  /** Ends the retries, also during a pause. */
  readonly signal: AbortSignal;
  /** Called before each pause. */
  readonly onRetry: (error: ModelError, retry: number) => void;
}

/**
 * Retries a model call after failures that may pass: when the provider says, or after a delay that doubles each time.
 * @param ask gets the previous failure and the number of earlier calls
 * @throws the error of the last attempt, or the signal's reason
 */
export async function askWithRetries<T>(
  { maxRetries, signal, onRetry }: AskPolicy,
  ask: (retry: number, failure: ModelError | undefined) => Promise<T>,
): Promise<T> {
  let failure: ModelError | undefined;
  for (let retry = 0; ; retry++) {
    try {
      return await ask(retry, failure);
    } catch (error) {
      const again = error instanceof ModelError && error.retryable && retry < maxRetries && !signal.aborted;
      if (!again) throw error;
      failure = error;
    }
    onRetry(failure, retry + 1);
    await pause(waitMs(failure, retry), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

function waitMs({ retryAfterMs }: ModelError, retry: number): number {
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** retry, LONGEST_BACKOFF_MS);
  return Math.min(retryAfterMs ?? backoff, LONGEST_BACKOFF_MS);
}
