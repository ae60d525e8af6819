import { DatabaseUnavailable } from '../../application/errors.js';
import { RetryPolicy } from '../../application/retry.js';
import { ConcurrencyError } from '../../domain/domain-error.js';

const ATTEMPTS = 3;
/** Shorter than every timeout of the database: a caller that has waited for one does not wait for another. */
const LIMIT_MS = 2_500;
const BACKOFF_MS = 10;

/**
 * For one statement or transaction: repeats it after a concurrent change and after a passing trouble of the database,
 * on a connection of the pool that is not known to be broken. Not where its commit may have happened.
 */
export function anotherAttempt(): RetryPolicy {
  const begunAt = performance.now();
  return {
    when: (error, failures) =>
      failures < ATTEMPTS && performance.now() - begunAt < LIMIT_MS && isRepeatable(error),
    // Random, so that two transactions that collided do not collide again.
    pauseMs: (failures) => BACKOFF_MS * failures * (1 + Math.random()),
  };
}

const isRepeatable = (error: unknown): boolean =>
  error instanceof ConcurrencyError || (error instanceof DatabaseUnavailable && !error.mayBeStored);
