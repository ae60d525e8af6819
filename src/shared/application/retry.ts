import { defer, lastValueFrom, retry, throwError, timer } from 'rxjs';

/** Whether and when failed work is tried again. `failures` is 1 after the first attempt. */
export interface RetryPolicy {
  readonly when: (error: unknown, failures: number) => boolean;
  /** Milliseconds until the next attempt. */
  readonly pauseMs: (failures: number) => number;
  /** Called before each pause. */
  readonly onRetry?: (error: unknown, pauseMs: number) => void;
}

/** Twice as long after each failure. */
export const exponential =
  (firstMs: number, longestMs: number) =>
  (failures: number): number =>
    Math.min(firstMs * 2 ** (failures - 1), longestMs);

/** @throws the error of the last attempt */
export function withRetries<T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> {
  return lastValueFrom(
    defer(work).pipe(
      retry({
        delay: (error: unknown, failures) => {
          if (!policy.when(error, failures)) return throwError(() => error);
          const pauseMs = policy.pauseMs(failures);
          policy.onRetry?.(error, pauseMs);
          return timer(pauseMs);
        },
      }),
    ),
  );
}
