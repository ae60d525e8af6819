import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RetryPolicy, exponential, withRetries } from './retry.js';

const policy = (given: Partial<RetryPolicy> = {}): RetryPolicy => ({
  when: () => true,
  pauseMs: exponential(100, 1_000),
  ...given,
});

/** Fails as often as there are errors, then succeeds. */
const failing = (...errors: string[]) =>
  vi.fn(async () => {
    const error = errors.shift();
    if (error) throw new Error(error);
    return 'done';
  });

describe('Work with retries', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is done once where it succeeds', async () => {
    const work = failing();
    await expect(withRetries(policy(), work)).resolves.toBe('done');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('is tried again after a pause that doubles up to a limit', async () => {
    const work = failing('1', '2', '3', '4', '5', '6');
    const pauses: number[] = [];
    const result = withRetries(policy({ onRetry: (_error, pauseMs) => pauses.push(pauseMs) }), work);
    await vi.advanceTimersByTimeAsync(99);
    expect(work).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(work).toHaveBeenCalledTimes(2);
    await vi.runAllTimersAsync();
    await expect(result).resolves.toBe('done');
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('ends with the error that the policy refuses', async () => {
    const work = failing('passing', 'final', 'never');
    const result = withRetries(policy({ when: (error) => (error as Error).message === 'passing' }), work);
    const refused = expect(result).rejects.toThrow('final');
    await vi.runAllTimersAsync();
    await refused;
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('ends after as many failures as the policy allows', async () => {
    const work = failing('1', '2', '3');
    const result = withRetries(policy({ when: (_error, failures) => failures < 3 }), work);
    const refused = expect(result).rejects.toThrow('3');
    await vi.runAllTimersAsync();
    await refused;
    expect(work).toHaveBeenCalledTimes(3);
  });
});
