import { EventEmitter } from 'node:events';
import { Logger } from '@nestjs/common';
import type { Response } from 'express';
import { Observable, Subject, from, map, of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StreamItem } from '../application/event-stream.js';
import { PacedFeeds } from './paced-feeds.js';

const MEGABYTE = 1024 * 1024;
const clock = { now: () => new Date(0) };

const eventOf = (seq: number): StreamItem => ({
  sessionId: 's',
  seq,
  runId: null,
  type: 'synopsis.updated',
  data: { version: seq },
  createdAt: new Date(0),
});

/** A log of events 1 to 4, and a connection whose reader takes what the test says. */
function reading(open: (cursor: number) => Observable<StreamItem>) {
  const response = Object.assign(new EventEmitter(), { writableLength: 0, destroy: vi.fn() });
  const entered: number[] = [];
  const feed = {
    sessionId: 's',
    after: 0,
    open: (cursor: number) => {
      entered.push(cursor);
      return open(cursor);
    },
  };
  const seen: (number | string)[] = [];
  const paced$ = new PacedFeeds(clock).read(feed, response as unknown as Response);
  const read = () =>
    paced$.subscribe({
      next: ({ item }) => {
        seen.push((item as { seq: number }).seq);
        response.writableLength += MEGABYTE;
      },
      complete: () => seen.push('end'),
    });
  const take = () => {
    response.writableLength = 0;
    response.emit('drain');
  };
  return { response, entered, seen, paced$, read, take };
}

const logAfter = (cursor: number) => from([1, 2, 3, 4].filter((seq) => seq > cursor).map(eventOf));

describe('a feed at the pace of its reader', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    Logger.overrideLogger(false);
  });
  afterEach(() => vi.useRealTimers());

  it('passes on what comes while the reader keeps up, at once', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ cold, expectObservable }) => {
        const { paced$ } = reading(() => cold('-a-(bc)-|').pipe(map((name) => eventOf(name.charCodeAt(0)))));
        const names$ = paced$.pipe(map(({ item }) => String.fromCharCode((item as { seq: number }).seq)));
        expectObservable(names$).toBe('-a-(bc)-|');
      },
    );
  });

  it('is left when the reader is behind, and entered again after the last event that was sent', () => {
    const { entered, seen, read, take } = reading(logAfter);
    read();
    expect([seen, entered]).toEqual([[1, 2], [0]]);
    take();
    expect([seen, entered]).toEqual([
      [1, 2, 3, 4, 'end'],
      [0, 2],
    ]);
  });

  it('keeps no subscription while the reader is behind', () => {
    const live$ = new Subject<StreamItem>();
    const { read, take } = reading(() => live$);
    read();
    for (const seq of [1, 2, 3]) live$.next(eventOf(seq));
    expect(live$.observed).toBe(false);
    take();
    expect(live$.observed).toBe(true);
  });

  it('ends with its last event, however much of that is unsent', () => {
    const { seen, read } = reading(() => of(eventOf(1), eventOf(2)));
    read();
    expect(seen).toEqual([1, 2, 'end']);
  });

  it('ends where nothing is left when it is entered again', () => {
    const { response, seen, read, take } = reading((cursor) => (cursor === 0 ? logAfter(0) : of()));
    read();
    take();
    vi.runAllTimers();
    expect(seen).toEqual([1, 2, 'end']);
    expect(response.destroy).not.toHaveBeenCalled();
  });

  it('drops a reader that takes less than 32 KB a second, and no earlier', () => {
    const { response, seen, read } = reading(logAfter);
    read();
    const graceMs = 5_000 + (2 * MEGABYTE) / 32;
    vi.advanceTimersByTime(graceMs - 1);
    expect(response.destroy).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(response.destroy).toHaveBeenCalledTimes(1);
    expect(seen).toEqual([1, 2, 'end']);
  });

  it('drops nothing once the reader has left', () => {
    const { response, read } = reading(logAfter);
    read().unsubscribe();
    vi.runAllTimers();
    expect(response.destroy).not.toHaveBeenCalled();
    expect(response.listenerCount('drain')).toBe(0);
  });
});
