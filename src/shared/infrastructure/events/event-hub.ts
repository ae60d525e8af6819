import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { Observable, Subject } from 'rxjs';
import { StoredEvent } from '../../application/event-stream.js';
import { leavePath } from '../persistence/open-waits.js';

/** What a reader hears: events that are stored now, or (without any) that it should look into the log. */
export type Notice = readonly StoredEvent[];

export const LOOK_INTO_THE_LOG: Notice = [];

/**
 * Brings stored events to the readers of this process, and to listeners (`@OnStored`) by the event's type. A notice is
 * a hint: a reader that finds a number missing reads the log, so two notices that overtake each other, or one that is
 * lost, do no harm.
 */
@Injectable()
export class EventHub {
  private readonly sessions = new Map<string, Subject<Notice>>();
  private readonly justStored = new Map<string, readonly StoredEvent[]>();

  constructor(private readonly emitter: EventEmitter2) {}

  /** Notices of one session. */
  of(sessionId: string): Observable<Notice> {
    return new Observable((subscriber) => {
      const subject = this.sessions.get(sessionId) ?? new Subject<Notice>();
      this.sessions.set(sessionId, subject);
      const subscription = subject.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        if (!subject.observed) this.sessions.delete(sessionId);
      };
    });
  }

  /**
   * The newest events of a session, where they were stored in this turn of the event loop: whoever sets a run in motion
   * begins to read at once, and needs no log for that.
   */
  newest(sessionId: string): readonly StoredEvent[] {
    return this.justStored.get(sessionId) ?? [];
  }

  /** Tells of events that this process has stored; they may be of several sessions. */
  publish(events: readonly StoredEvent[]): void {
    if (events.length === 0) return;
    leavePath(() => {
      if (this.justStored.size === 0) setImmediate(() => this.justStored.clear());
      for (const [sessionId, ofSession] of Map.groupBy(events, (event) => event.sessionId)) {
        this.justStored.set(sessionId, ofSession);
        this.sessions.get(sessionId)?.next(ofSession);
      }
      for (const event of events) this.emitter.emit(event.type, event);
    });
  }

  /** Sends the readers of these sessions to the log. */
  wake(sessionIds: Iterable<string>): void {
    leavePath(() => {
      this.justStored.clear();
      for (const sessionId of new Set(sessionIds)) this.sessions.get(sessionId)?.next(LOOK_INTO_THE_LOG);
    });
  }

  /** Sends every reader to the log, after notices may have been missed. */
  wakeAll(): void {
    this.wake([...this.sessions.keys()]);
  }
}
