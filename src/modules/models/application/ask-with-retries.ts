import { setTimeout as pause } from 'node:timers/promises';
import { ModelError, ModelErrorCode } from './language-model.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Limits per minute pass within it. A provider that asks for a longer wait is not asked again. */
const LONGEST_WAIT_MS = 60_000;

/** The same where another model can answer. */
const LONGEST_WAIT_WITH_FALLBACK_MS = 5_000;

/** The failures of a provider, after which another model is asked. */
export const FALLBACK_CODES: readonly ModelErrorCode[] = [
  'model.unavailable',
  'model.circuit_open',
  'model.connect_timeout',
  'model.first_token_timeout',
  'model.idle_timeout',
  'model.rate_limited',
  'model.quota_exceeded',
  'model.server_error',
];

export interface AskPolicy {
  readonly maxRetries: number;
  /** Ends the retries, also during a pause. */
  readonly signal: AbortSignal;
  /** Called before each pause. */
  readonly onRetry: (error: ModelError, retry: number) => void;
  /** Goes over to another model, which is asked from then on; false if none can answer. Unset = there is none. */
  readonly fallBack?: (error: ModelError) => Promise<boolean>;
}

/**
 * Retries a model call after failures that may pass; then falls back to another model, if there is one.
 * @param ask gets the previous failure of this model, and the number of earlier calls to it
 * @throws the error of the last attempt, or the signal's reason
 */
export async function askWithRetries<T>(
  { maxRetries, signal, onRetry, fallBack }: AskPolicy,
  ask: (retry: number, failure: ModelError | undefined) => Promise<T>,
): Promise<T> {
  let failure: ModelError | undefined;
  let retry = 0;
  for (;;) {
    try {
      return await ask(retry, failure);
    } catch (error) {
      if (!(error instanceof ModelError) || signal.aborted) throw error;
      failure = error;
    }
    const waitMs = waitBeforeRetry(failure, retry, maxRetries);
    if (isForAnother(failure, waitMs) && (await fallBack?.(failure))) {
      [retry, failure] = [0, undefined];
      continue;
    }
    if (waitMs === undefined) throw failure;
    onRetry(failure, ++retry);
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

/** Whether another model is better than a retry after this wait. */
function isForAnother({ code, facts }: ModelError, waitMs: number | undefined): boolean {
  if (!FALLBACK_CODES.includes(code)) return false;
  const isAway = code === 'model.circuit_open' || (facts.retryAfterMs ?? 0) > LONGEST_WAIT_WITH_FALLBACK_MS;
  return isAway || waitMs === undefined;
}
