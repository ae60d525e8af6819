import { Injectable, Logger } from '@nestjs/common';
import {
  EMPTY,
  Observable,
  concatMap,
  defer,
  exhaustMap,
  merge,
  of,
  repeat,
  retry,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { DatabaseUnavailable } from '../../application/errors.js';
import { EventStream, StoredEvent, StreamItem, cursorOf } from '../../application/event-stream.js';
import { Clock } from '../../domain/clock.js';
import { EventHub, LOOK_INTO_THE_LOG } from './event-hub.js';
import { EventLog } from './event-log.js';

/** Pause before a reader asks an unavailable database again. */
export const RETRY_MS = 250;

/** Reads the log, and then follows the news of the hub. */
@Injectable()
export class LogEventStream extends EventStream {
  private readonly logger = new Logger(EventStream.name);

  constructor(
    private readonly log: EventLog,
    private readonly hub: EventHub,
    private readonly clock: Clock,
  ) {
    super();
  }

  watch(sessionId: string, after: number): Observable<StreamItem> {
    return defer(() => {
      let cursor = after;
      // News during a read of the log is dropped, and the log is read again afterwards.
      let noticed = false;
      const fromLog$ = defer(() => {
        noticed = false;
        return this.replay(sessionId, cursor);
      }).pipe(repeat({ delay: () => (noticed ? of(true) : EMPTY) }));
      const newest = this.hub.newest(sessionId);
      const first = newest[0]?.seq === after + 1 ? newest : LOOK_INTO_THE_LOG;
      // Subscribes to the hub before reading the log, so that no event is missed between the two.
      return merge(
        this.hub.of(sessionId, () => cursor),
        of(first),
      ).pipe(
        tap(() => (noticed = true)),
        exhaustMap((news) => {
          const fresh = news.filter(({ seq }) => seq > cursor);
          if (news.length > 0 && fresh.length === 0) return EMPTY;
          return followWithoutGap(cursor, fresh) ? fresh : fromLog$;
        }),
        tap((item) => (cursor = cursorOf(item))),
      );
    });
  }

  replay(sessionId: string, after: number): Observable<StreamItem> {
    return defer(() => {
      let cursor = after;
      let isLast = false;
      return defer(() => this.readPage(sessionId, cursor)).pipe(
        // A short outage of the database delays a reader; it does not end its stream.
        retry({ delay: (error: unknown) => this.untilNextTry(sessionId, error) }),
        tap((page) => (isLast = page.isLast)),
        concatMap((page) => page.items),
        tap((item) => (cursor = cursorOf(item))),
        repeat({ delay: () => (isLast ? EMPTY : of(true)) }),
      );
    });
  }

  lastSeq(sessionId: string): Promise<number> {
    return this.log.lastSeq(sessionId);
  }

  private async readPage(
    sessionId: string,
    after: number,
  ): Promise<{ items: readonly StreamItem[]; isLast: boolean }> {
    const { events, isLast } = await this.log.readPage(sessionId, after);
    // A cursor with later events is not ahead of the log.
    if (events.length > 0) return { items: events, isLast };
    const resumeAfter = await this.log.horizon(sessionId);
    if (after <= resumeAfter) return { items: [], isLast: true };
    const createdAt = this.clock.now();
    return { items: [{ reset: true, reason: 'cursor_ahead', resumeAfter, createdAt }], isLast: true };
  }

  private untilNextTry(sessionId: string, error: unknown): Observable<unknown> {
    if (!(error instanceof DatabaseUnavailable)) return throwError(() => error);
    this.logger.warn({ err: error, session_id: sessionId }, 'a reader waits for the database');
    return timer(RETRY_MS);
  }
}

const followWithoutGap = (cursor: number, events: readonly StoredEvent[]): boolean =>
  events.length > 0 && events.every(({ seq }, index) => seq === cursor + 1 + index);
