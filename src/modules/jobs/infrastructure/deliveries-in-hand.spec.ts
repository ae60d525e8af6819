import { describe, expect, it, vi } from 'vitest';
import { DeliveriesInHand } from './deliveries-in-hand.js';

const delivery = (jobId: string) => ({ jobId, version: 1 });

describe('the deliveries in hand', () => {
  /** Each is dealt with when the test lets it. */
  const begin = (concurrency: number) => {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const inHand = new DeliveriesInHand(concurrency, ({ jobId }) => {
      gates.set(jobId, Promise.withResolvers());
      return gates.get(jobId)!.promise;
    });
    return { inHand, gates, taken: () => [...gates.keys()] };
  };

  it('are never more than are allowed: the next one waits until one is dealt with', async () => {
    const { inHand, gates, taken } = begin(2);
    const dealing = ['a', 'b', 'c', 'd'].map((jobId) => inHand.deal(delivery(jobId)));
    expect(taken()).toEqual(['a', 'b']);
    gates.get('b')!.resolve();
    await vi.waitFor(() => expect(taken()).toEqual(['a', 'b', 'c']));
    gates.get('a')!.resolve();
    await vi.waitFor(() => expect(taken()).toEqual(['a', 'b', 'c', 'd']));
    for (const { resolve } of gates.values()) resolve();
    expect(await Promise.all(dealing)).toEqual([true, true, true, true]);
  });

  it('are dealt with before they are closed, and none is taken from then on, also none that waited', async () => {
    const { inHand, gates, taken } = begin(1);
    const first = inHand.deal(delivery('first'));
    const waiting = inHand.deal(delivery('waiting'));
    let isClosed = false;
    const closing = inHand.close().then(() => (isClosed = true));
    expect(await inHand.deal(delivery('late'))).toBe(false);
    expect(isClosed).toBe(false);
    gates.get('first')!.resolve();
    await closing;
    expect(await Promise.all([first, waiting])).toEqual([true, false]);
    expect(taken()).toEqual(['first']);
  });
});
