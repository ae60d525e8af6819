import { Injectable } from '@nestjs/common';
import {
  EMPTY,
  Observable,
  concat,
  concatMap,
  defer,
  expand,
  from,
  mergeMap,
  of,
  startWith,
  tap,
} from 'rxjs';
import { EventStream, StoredEvent, StreamItem, StreamReset } from '../../application/event-stream.js';
import { EventHub, Notice } from './event-hub.js';
import { EventLog } from './event-log.js';

const PAGE = 500;

/** Reads the log, and then follows it by the notices of the hub. */
@Injectable()
export class LogEventStream extends EventStream {
  constructor(
    private readonly log: EventLog,
    private readonly hub: EventHub,
  ) {
    super();
  }

  watch(sessionId: string, after: number): Observable<StreamItem> {
    return defer(() => {
      let cursor = after;
      const reset$ = this.resetIfAhead(sessionId, after).pipe(tap((reset) => (cursor = reset.resumeAfter)));
      // Notices queue while the log is read. The empty one at the start makes the reader begin with the log.
      const events$ = this.hub.of(sessionId).pipe(
        startWith<Notice>([]),
        concatMap((notice) => {
          const fresh = notice.filter((event) => event.seq > cursor);
          if (notice.length > 0 && fresh.length === 0) return EMPTY;
          return fresh[0]?.seq === cursor + 1 ? from(fresh) : this.readOn(sessionId, cursor);
        }),
        tap((event) => (cursor = event.seq)),
      );
      return concat(reset$, events$);
    });
  }

  replay(sessionId: string, after: number): Observable<StreamItem> {
    return concat(this.resetIfAhead(sessionId, after), this.readOn(sessionId, after));
  }

  lastSeq(sessionId: string): Promise<number> {
    return this.log.lastSeq(sessionId);
  }

  private resetIfAhead(sessionId: string, after: number): Observable<StreamReset> {
    return defer(() => this.log.lastSeq(sessionId)).pipe(
      mergeMap((last) =>
        after > last ? of<StreamReset>({ reset: true, reason: 'cursor_ahead', resumeAfter: last }) : EMPTY,
      ),
    );
  }

  /** Everything in the log after `cursor`, page by page. */
  private readOn(sessionId: string, cursor: number): Observable<StoredEvent> {
    const page = (after: number) => defer(() => this.log.read(sessionId, after, PAGE));
    return page(cursor).pipe(
      expand((events) => (events.length < PAGE ? EMPTY : page(events.at(-1)!.seq))),
      concatMap((events) => events),
    );
  }
}
