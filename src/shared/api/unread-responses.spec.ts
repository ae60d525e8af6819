import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UNREAD_LIMITS, UnreadResponses } from './unread-responses.js';

const MEGABYTE = 1024 * 1024;

describe('responses that are not read', () => {
  let answers: UnreadResponses;

  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
    answers = new UnreadResponses();
  });
  afterEach(() => vi.useRealTimers());

  /** A complete response with this many bytes still in memory. */
  function answer(bytes: number) {
    const response = Object.assign(new EventEmitter(), {
      writableLength: bytes,
      destroy: vi.fn(() => response.emit('close')),
    });
    answers.watch({} as Request, response as unknown as Response, () => undefined);
    response.emit('prefinish');
    return response;
  }

  it('are kept, a small one for the grace period and a large one for longer, and then dropped', () => {
    const [small, large] = [answer(1000), answer(32 * MEGABYTE)];
    vi.advanceTimersByTime(UNREAD_LIMITS.graceMs - 1);
    expect(small.destroy).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(small.destroy).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_100_000);
    expect(large.destroy).toHaveBeenCalledTimes(1);
  });

  it('are ignored once they are read, and where nothing is unsent', () => {
    const [taken, none] = [answer(1000), answer(0)];
    taken.emit('finish');
    vi.advanceTimersByTime(1_000_000);
    expect(taken.destroy).not.toHaveBeenCalled();
    expect(none.destroy).not.toHaveBeenCalled();
  });

  it('are dropped at once, the oldest first, when together they exceed the limit', () => {
    const taken = answer(UNREAD_LIMITS.bytes);
    taken.emit('finish'); // counts no more
    const all = Array.from({ length: 5 }, () => answer(UNREAD_LIMITS.bytes / 4));
    expect(all.map(({ destroy }) => destroy.mock.calls.length)).toEqual([1, 0, 0, 0, 0]);
  });
});
