import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeasedWork, Renewed } from './leased-work.js';

const LEASE_SECONDS = 30;
const RENEWAL_MS = 10_000;
const CANCELLED = new Error('cancelled');
const LOST = new Error('lost');

describe('work under a lease', () => {
  let work: LeasedWork<string>;
  const warn = vi.fn();
  const renew = vi.fn<(tokens: readonly string[]) => Promise<Renewed[]>>();
  const renewed = (token: string, cancelRequested = false): Renewed => ({ token, cancelRequested });

  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
    renew.mockImplementation(async (tokens) => tokens.map((token) => renewed(token)));
    work = new LeasedWork({ warn } as unknown as Logger, { cancelled: CANCELLED, lost: LOST });
  });
  afterEach(() => {
    work.end();
    vi.useRealTimers();
  });

  /** Work that goes on until the test ends it. */
  const carry = (token: string) => {
    const stop = new AbortController();
    const end = Promise.withResolvers<string>();
    const done = work.run(token, `about ${token}`, stop, () => end.promise);
    return { signal: stop.signal, done, end };
  };

  it('is listed until it ends or fails, and has its outcome', async () => {
    const [well, badly] = [carry('a'), carry('b')];
    expect([work.size, work.has('a'), work.has('c')]).toEqual([2, true, false]);
    well.end.resolve('so');
    expect(await well.done).toBe('so');
    badly.end.reject(new Error('broken'));
    await expect(badly.done).rejects.toThrow('broken');
    expect([work.size, work.has('a')]).toEqual([0, false]);
  });

  it('is listed before it begins', async () => {
    const seen = await work.run('a', 'a', new AbortController(), async () => work.has('a'));
    expect(seen).toBe(true);
  });

  it('is renewed with all other work in one call, three times within a lease', async () => {
    work.keep(LEASE_SECONDS, renew);
    carry('a');
    carry('b');
    await vi.advanceTimersByTimeAsync(LEASE_SECONDS * 1000);
    expect(renew.mock.calls).toEqual(Array.from({ length: 3 }, () => [['a', 'b']]));
  });

  it('sends no renewal while there is no work', async () => {
    work.keep(LEASE_SECONDS, renew);
    await vi.advanceTimersByTimeAsync(LEASE_SECONDS * 1000);
    expect(renew).not.toHaveBeenCalled();
  });

  it('is stopped when its lease is lost or its end is requested; other work goes on', async () => {
    work.keep(LEASE_SECONDS, renew);
    const [kept, lost, unwanted] = [carry('kept'), carry('lost'), carry('unwanted')];
    renew.mockResolvedValueOnce([renewed('kept'), renewed('unwanted', true)]);
    await vi.advanceTimersByTimeAsync(RENEWAL_MS);
    expect([kept, lost, unwanted].map(({ signal }) => signal.reason as unknown)).toEqual([
      undefined,
      LOST,
      CANCELLED,
    ]);
  });

  it('goes on when a renewal fails, and the next renewal is sent', async () => {
    work.keep(LEASE_SECONDS, renew);
    const { signal } = carry('a');
    renew.mockRejectedValueOnce(new Error('no database'));
    await vi.advanceTimersByTimeAsync(2 * RENEWAL_MS);
    expect([signal.aborted, renew.mock.calls.length, warn.mock.calls.length]).toEqual([false, 2, 1]);
  });

  it('is not renewed while the previous renewal is under way', async () => {
    work.keep(LEASE_SECONDS, renew);
    carry('a');
    const slow = Promise.withResolvers<Renewed[]>();
    renew.mockReturnValueOnce(slow.promise);
    await vi.advanceTimersByTimeAsync(3 * RENEWAL_MS);
    expect(renew).toHaveBeenCalledTimes(1);
    slow.resolve([renewed('a')]);
    await vi.advanceTimersByTimeAsync(RENEWAL_MS);
    expect(renew).toHaveBeenCalledTimes(2);
  });

  it('is not stopped by the answer to a renewal that was sent before it began', async () => {
    work.keep(LEASE_SECONDS, renew);
    carry('old');
    const slow = Promise.withResolvers<Renewed[]>();
    renew.mockReturnValueOnce(slow.promise);
    await vi.advanceTimersByTimeAsync(RENEWAL_MS);
    const { signal } = carry('new');
    slow.resolve([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(signal.aborted).toBe(false);
  });

  it('is stopped by its subject', () => {
    const [a, b] = [carry('a'), carry('b')];
    expect(work.stop(CANCELLED, (about) => about === 'about a')).toEqual(['a']);
    expect([a.signal.reason, b.signal.aborted]).toEqual([CANCELLED, false]);
  });

  it('is awaited up to the limit, or until the hurry signal', async () => {
    const over = vi.fn();
    carry('a');
    void work.settle(5_000, new AbortController().signal).then(over);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toHaveBeenCalledTimes(1);

    const hurry = new AbortController();
    void work.settle(5_000, hurry.signal).then(over);
    hurry.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(over).toHaveBeenCalledTimes(2);
  });

  it('is all done only when work that began meanwhile is done, too', async () => {
    const over = vi.fn();
    const first = carry('a');
    void work.allDone().then(over);
    const second = carry('b');
    first.end.resolve('');
    await vi.advanceTimersByTimeAsync(0);
    expect(over).not.toHaveBeenCalled();
    second.end.reject(new Error('broken'));
    await expect(second.done).rejects.toThrow('broken');
    await vi.advanceTimersByTimeAsync(0);
    expect(over).toHaveBeenCalledTimes(1);
  });

  it('is not renewed after the end', async () => {
    work.keep(LEASE_SECONDS, renew);
    carry('a');
    work.end();
    await vi.advanceTimersByTimeAsync(LEASE_SECONDS * 1000);
    expect(renew).not.toHaveBeenCalled();
  });
});
