import { describe, expect, it, vi } from 'vitest';
import { InFlightDeliveries } from './in-flight-deliveries.js';

const delivery = (jobId: string) => ({ jobId, version: 1 });

describe('the deliveries in flight', () => {
  /** Each delivery ends when the test says so. */
  const begin = (concurrency: number) => {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const inFlight = new InFlightDeliveries(concurrency, ({ jobId }) => {
      gates.set(jobId, Promise.withResolvers());
      return gates.get(jobId)!.promise;
    });
    return { inFlight, gates, taken: () => [...gates.keys()] };
  };

  it('are never more than are allowed: the next one waits until one has ended', async () => {
    const { inFlight, gates, taken } = begin(2);
    const dealing = ['a', 'b', 'c', 'd'].map((jobId) => inFlight.deal(delivery(jobId)));
    expect(taken()).toEqual(['a', 'b']);
    gates.get('b')!.resolve();
    await vi.waitFor(() => expect(taken()).toEqual(['a', 'b', 'c']));
    gates.get('a')!.resolve();
    await vi.waitFor(() => expect(taken()).toEqual(['a', 'b', 'c', 'd']));
    for (const { resolve } of gates.values()) resolve();
    expect(await Promise.all(dealing)).toEqual([true, true, true, true]);
  });

  it('are dealt with before they are closed, and none is taken from then on, also none that waited', async () => {
    const { inFlight, gates, taken } = begin(1);
    const first = inFlight.deal(delivery('first'));
    const waiting = inFlight.deal(delivery('waiting'));
    let isClosed = false;
    const closing = inFlight.close().then(() => (isClosed = true));
    expect(await inFlight.deal(delivery('late'))).toBe(false);
    expect(isClosed).toBe(false);
    gates.get('first')!.resolve();
    await closing;
    expect(await Promise.all([first, waiting])).toEqual([true, false]);
    expect(taken()).toEqual(['first']);
  });
});
