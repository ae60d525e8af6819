import { Observable } from 'rxjs';
import { DomainEvent, EventType } from '../domain/domain-event.js';

/** An event with its place in the log of its session. */
export type StoredEvent<Type extends EventType = EventType> = DomainEvent<Type> & {
  /** Grows by one per event of a session. Merged or pruned deltas leave no trace but a missing number. */
  readonly seq: number;
  readonly createdAt: Date;
};

/** Tells a reader that its cursor is ahead of the log; it goes on from `resumeAfter`. Not part of the log. */
export interface StreamReset {
  readonly reset: true;
  readonly reason: 'cursor_ahead';
  readonly resumeAfter: number;
  readonly createdAt: Date;
}

export type StreamItem = StoredEvent | StreamReset;

export const isReset = (item: StreamItem): item is StreamReset => 'reset' in item;

/** The cursor of a reader after this item. */
export const cursorOf = (item: StreamItem): number => (isReset(item) ? item.resumeAfter : item.seq);

/**
 * The durable, ordered log of a session, as a stream that can be entered at any cursor on any instance. It buffers
 * nothing for a reader: a slow one unsubscribes, and subscribes again after the last item it received.
 */
export abstract class EventStream {
  /** Every event after `after`: first those in the log, then live ones. Never completes by itself. */
  abstract watch(sessionId: string, after: number): Observable<StreamItem>;
  /** Every event after `after` that is in the log now; then completes. */
  abstract replay(sessionId: string, after: number): Observable<StreamItem>;
  /** The number of the newest event of a session; 0 where there is none. */
  abstract lastSeq(sessionId: string): Promise<number>;
}
