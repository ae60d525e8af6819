import { setTimeout as pause } from 'node:timers/promises';
import { ModelError } from './language-model.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Limits per minute pass within it. A provider that asks for more is not waited for. */
const LONGEST_WAIT_MS = 60_000;

export interface AskPolicy {
  readonly maxRetries: number;
  /** Ends the retries, also during a pause. */
  readonly signal: AbortSignal;
  /** Called before each pause. */
  readonly onRetry: (error: ModelError, retry: number) => void;
}

/**
 * Retries a model call after failures that may pass: when the provider says, or after a delay that doubles each time.
 * A provider that asks for more than a minute is not asked again.
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
      if (!(error instanceof ModelError) || signal.aborted) throw error;
      if (retry >= Math.min(maxRetries, error.retries) || waitMs(error, retry) > LONGEST_WAIT_MS) throw error;
      failure = error;
    }
    onRetry(failure, retry + 1);
    await pause(waitMs(failure, retry), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

const waitMs = ({ facts }: ModelError, retry: number): number =>
  facts.retryAfterMs ?? Math.min(FIRST_BACKOFF_MS * 2 ** retry, LONGEST_BACKOFF_MS);
