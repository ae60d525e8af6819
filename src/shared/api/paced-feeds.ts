import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { EMPTY, Observable, defer, fromEvent, map, repeat, take, takeWhile, tap, timeout } from 'rxjs';
import { StreamItem, cursorOf } from '../application/event-stream.js';
import { Clock } from '../domain/clock.js';
import { EventFeed } from './event-feed.js';

/** A reader with more than this unsent gets nothing more until it has taken that. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/**
 * A reader that is so far behind is dropped when it is slower than this; it can resume where it was. The time it gets
 * goes by what it has to take, so that a slow line does not meet the same large event again and again.
 */
const LEAST_BYTES_PER_MS = 32;
const GRACE_MS = 5_000;

export interface PacedItem {
  readonly item: StreamItem;
  /** Since when the reader takes what is new at once: what is older has waited for the reader. */
  readonly enteredAt: Date;
}

/** Back pressure: what makes a slow reader slow down its feed. */
@Injectable()
export class PacedFeeds {
  private readonly logger = new Logger(PacedFeeds.name);

  constructor(private readonly clock: Clock) {}

  /**
   * A feed at the pace of its reader. One that is behind when the next event comes leaves the feed, and enters it again
   * when it has taken what is unsent: so it costs that much memory at most, and the log keeps the rest.
   */
  read(feed: EventFeed, response: Response): Observable<PacedItem> {
    let cursor = feed.after;
    let isBehind = false;
    return defer(() => {
      isBehind = false;
      const enteredAt = this.clock.now();
      return feed.open(cursor).pipe(
        takeWhile(() => !(isBehind = response.writableLength > MAX_UNSENT_BYTES)),
        tap((item) => (cursor = cursorOf(item))),
        map((item) => ({ item, enteredAt })),
      );
    }).pipe(repeat({ delay: () => (isBehind ? this.taken(response) : EMPTY) }));
  }

  /** Emits when the reader has taken what is unsent; a reader that is too slow is dropped. */
  private taken(response: Response): Observable<unknown> {
    const graceMs = GRACE_MS + response.writableLength / LEAST_BYTES_PER_MS;
    return fromEvent(response, 'drain').pipe(
      timeout({ first: graceMs, with: () => this.drop(response) }),
      take(1),
    );
  }

  private drop(response: Response): Observable<never> {
    this.logger.warn({ unsent_bytes: response.writableLength }, 'a reader that does not read is dropped');
    response.destroy();
    return EMPTY;
  }
}
