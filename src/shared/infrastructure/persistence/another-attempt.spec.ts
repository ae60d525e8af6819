import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatabaseUnavailable, StorageFailed } from '../../application/errors.js';
import { withRetries } from '../../application/retry.js';
import { ConcurrencyError } from '../../domain/domain-error.js';
import { anotherAttempt } from './another-attempt.js';

const CAUSE = new Error('as the driver says it');
const LOST = new DatabaseUnavailable(CAUSE);
const CHANGED = new ConcurrencyError('The run');

describe('a statement or transaction', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** @param lastsMs of each attempt. @returns how many attempts there were */
  const attempts = async (error: Error, lastsMs = 0): Promise<number> => {
    const attempt = vi.fn(async () => {
      vi.advanceTimersByTime(lastsMs);
      throw error;
    });
    const failing = expect(withRetries(anotherAttempt(), attempt)).rejects.toBe(error);
    await vi.runAllTimersAsync();
    await failing;
    return attempt.mock.calls.length;
  };

  it.each([
    ['whose connection is lost', LOST],
    ['that meets a busy database', new DatabaseUnavailable(CAUSE, 'is too busy')],
    ['that meets a read-only server', new DatabaseUnavailable(CAUSE, 'is read-only')],
    ['whose row was changed meanwhile', CHANGED],
  ])('%s has three attempts', async (_what, error) => {
    expect(await attempts(error)).toBe(3);
  });

  it.each([
    ['whose commit may have happened', new DatabaseUnavailable(CAUSE, 'cannot be reached', true)],
    ['that PostgreSQL refuses', new StorageFailed('save_run', CAUSE)],
    ['with a defect', new TypeError('x is undefined')],
  ])('%s has one attempt', async (_what, error) => {
    expect(await attempts(error)).toBe(1);
  });

  it('is not repeated after a timeout: the lock timeout is 3 s, that of a connection 5 s', async () => {
    expect(await attempts(LOST, 3_000)).toBe(1);
    expect(await attempts(LOST, 1_100)).toBe(3);
  });
});
