import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Observable, Subject } from 'rxjs';
import { StoredEvent } from '../../application/event-stream.js';
import { outsideOpenWaits } from '../persistence/open-waits.js';

/** For a reader: events that were just stored, or none, which means: read the log. */
export type News = readonly StoredEvent[];

export const LOOK_INTO_THE_LOG: News = [];

/** The readers of one session. */
interface Readers {
  readonly news$: Subject<News>;
  readonly cursors: Set<() => number>;
}

/**
 * Delivers stored events to the readers in this process, and to listeners (`@OnStored`) by event type. News is
 * only a hint: a reader that finds a gap in the numbers reads the log, so it may be lost or arrive out of order.
 */
@Injectable()
export class EventHub {
  private readonly sessions = new Map<string, Readers>();
  /** Emits when news may have been missed. */
  readonly missed$ = new Subject<void>();
  private readonly justStored = new Map<string, readonly StoredEvent[]>();

  constructor(private readonly emitter: EventEmitter2) {}

  /** News of one session. @param cursor the number that the reader has come to, asked when it matters */
  of(sessionId: string, cursor: () => number): Observable<News> {
    return new Observable((subscriber) => {
      const readers = this.sessions.get(sessionId) ?? { news$: new Subject<News>(), cursors: new Set() };
      this.sessions.set(sessionId, readers);
      readers.cursors.add(cursor);
      const subscription = readers.news$.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        readers.cursors.delete(cursor);
        if (readers.cursors.size === 0) this.sessions.delete(sessionId);
      };
    });
  }

  /** The sessions that have a reader. */
  get openSessions(): string[] {
    return [...this.sessions.keys()];
  }

  /**
   * The events of a session that were stored in this turn of the event loop: a request that starts a run begins to
   * read at once, and saves a read of the log.
   */
  newest(sessionId: string): readonly StoredEvent[] {
    return this.justStored.get(sessionId) ?? [];
  }

  /** Publishes events that this process has stored; they may belong to several sessions. */
  publish(events: readonly StoredEvent[]): void {
    if (events.length === 0) return;
    outsideOpenWaits(() => {
      if (this.justStored.size === 0) setImmediate(() => this.justStored.clear());
      for (const [sessionId, ofSession] of Map.groupBy(events, (event) => event.sessionId)) {
        this.justStored.set(sessionId, ofSession);
        this.sessions.get(sessionId)?.news$.next(ofSession);
      }
      for (const event of events) this.emitter.emit(event.type, event);
    });
  }

  /** Makes the readers of these sessions read the log. */
  wake(sessionIds: Iterable<string>): void {
    outsideOpenWaits(() => {
      this.justStored.clear();
      for (const sessionId of new Set(sessionIds)) {
        this.sessions.get(sessionId)?.news$.next(LOOK_INTO_THE_LOG);
      }
    });
  }

  /** Makes every reader read the log, after news may have been missed. */
  wakeAll(): void {
    this.wake(this.openSessions);
    this.missed$.next();
  }

  /** Makes the readers of sessions that have gone on read the log. @param lastSeqs the newest numbers, by session */
  wakeBehind(lastSeqs: ReadonlyMap<string, number>): void {
    const isBehind = (sessionId: string, lastSeq: number) =>
      [...(this.sessions.get(sessionId)?.cursors ?? [])].some((cursor) => cursor() < lastSeq);
    this.wake([...lastSeqs].filter((last) => isBehind(...last)).map(([sessionId]) => sessionId));
  }
}
