import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { EMPTY, Observable, defer, fromEvent, map, repeat, take, takeWhile, tap, timeout } from 'rxjs';
import { StreamItem, cursorOf } from '../application/event-stream.js';
import { Clock } from '../domain/clock.js';
import { EventFeed } from './event-feed.js';

/** A reader with more unsent bytes than this gets no events until its socket is drained. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/**
 * A reader with a full buffer is dropped when it reads slower than this; it can resume at its cursor. The time limit
 * grows with the buffered bytes, so that a large event can get through a slow line.
 */
export const PACE_LIMITS = { leastBytesPerMs: 32, graceMs: 5_000 };

export interface PacedItem<Item = StreamItem> {
  readonly item: Item;
  /** When the reader last entered the feed: older events have waited in the log for the reader. */
  readonly enteredAt: Date;
}

/** Back pressure for event feeds. */
@Injectable()
export class PacedFeeds {
  private readonly logger = new Logger(PacedFeeds.name);

  constructor(private readonly clock: Clock) {}

  /**
   * A feed at the pace of its reader. A reader with a full buffer leaves the feed, and enters it again at its cursor
   * when the socket is drained. So a reader costs at most that much memory; the log keeps the rest.
   */
  read(feed: EventFeed, response: Response): Observable<PacedItem> {
    let cursor = feed.after;
    return this.pace(() => feed.open(cursor), response).pipe(tap(({ item }) => (cursor = cursorOf(item))));
  }

  /** The same for what has no cursor: a reader enters it from its beginning. */
  pace<Item>(open: () => Observable<Item>, response: Response): Observable<PacedItem<Item>> {
    let isBehind = false;
    return defer(() => {
      isBehind = false;
      const enteredAt = this.clock.now();
      return open().pipe(
        takeWhile(() => !(isBehind = response.writableLength > MAX_UNSENT_BYTES)),
        map((item) => ({ item, enteredAt })),
      );
    }).pipe(repeat({ delay: () => (isBehind ? this.taken(response) : EMPTY) }));
  }

  /** Emits when the socket is drained; drops a reader that is too slow. */
  private taken(response: Response): Observable<unknown> {
    const graceMs = PACE_LIMITS.graceMs + response.writableLength / PACE_LIMITS.leastBytesPerMs;
    return fromEvent(response, 'drain').pipe(
      timeout({ first: graceMs, with: () => this.drop(response) }),
      take(1),
    );
  }

  private drop(response: Response): Observable<never> {
    this.logger.warn(
      { unsent_bytes: response.writableLength },
      'a stream is dropped: its client does not read it',
    );
    response.destroy();
    return EMPTY;
  }
}
