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
}

export type StreamItem = StoredEvent | StreamReset;

export const isReset = (item: StreamItem): item is StreamReset => 'reset' in item;

/**
 * Whether the reader can take more: undefined if so, else a promise that resolves when it can. Asked before each event,
 * so that a slow reader costs no memory: it gets the rest out of the log.
 */
export type Ready = () => Promise<void> | undefined;

export const alwaysReady: Ready = () => undefined;

/** The durable, ordered log of a session, as a stream that can be entered anywhere on any instance. */
export abstract class EventStream {
  /** Every event after `after`: first those in the log, then live ones. Never completes by itself. */
  abstract watch(sessionId: string, after: number, ready?: Ready): Observable<StreamItem>;
  /** Every event after `after` that is in the log now; then completes. */
  abstract replay(sessionId: string, after: number, ready?: Ready): Observable<StreamItem>;
  /** The number of the newest event of a session; 0 where there is none. */
  abstract lastSeq(sessionId: string): Promise<number>;
}
