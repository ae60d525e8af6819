import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LEASE_SECONDS, Peers } from './peers.js';

describe('the peers of a process', () => {
  let peers: Peers;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    peers = new Peers();
  });
  afterEach(() => vi.useRealTimers());

  /** A renewal that is asked for now, and answered. */
  const renew = (...others: string[]) => peers.renewed(others, performance.now());

  it('are not known before the first renewal', () => {
    expect(peers.areNone).toBe(false);
    renew();
    expect(peers.areNone).toBe(true);
  });

  it('are not known once the own entry may have lapsed, counted from the question', () => {
    const askedAt = performance.now();
    vi.advanceTimersByTime(1_000);
    peers.renewed([], askedAt);
    vi.advanceTimersByTime(LEASE_SECONDS * 1000 - 1_001);
    expect(peers.areNone).toBe(true);
    vi.advanceTimersByTime(1);
    expect(peers.areNone).toBe(false);
  });

  it('are not known after a loss of the connection', () => {
    renew();
    peers.lost();
    expect(peers.areNone).toBe(false);
  });

  it('are those with an entry', () => {
    renew('a', 'b');
    renew('b', 'c');
    expect(peers.ids).toEqual(['b', 'c']);
  });

  it('are also those that said hello since the entries were asked for', () => {
    const askedAt = performance.now();
    vi.advanceTimersByTime(1);
    peers.greet('new');
    peers.renewed([], askedAt);
    expect(peers.ids).toEqual(['new']);
    vi.advanceTimersByTime(1);
    renew();
    expect(peers.ids).toEqual([]);
  });

  it('are no longer those that have left', () => {
    renew('a', 'b');
    peers.leave('a');
    expect(peers.ids).toEqual(['b']);
  });
});
