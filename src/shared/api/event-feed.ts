import { Observable } from 'rxjs';
import { Hint } from '../application/activity.js';
import { StreamItem } from '../application/event-stream.js';

/**
 * What a streaming route returns: a session's events after a cursor. Not a plain Observable, since a slow reader
 * unsubscribes and subscribes again at its cursor.
 */
export interface EventFeed {
  readonly sessionId: string;
  /** The cursor that the reader starts from. */
  readonly after: number;
  /**
   * The events after a cursor: `after`, or that of the last event sent. The response ends when the Observable
   * completes.
   */
  open(cursor: number): Observable<StreamItem>;
}

/** What a streaming route returns whose frames have no cursor: a reader that was slow enters anew. */
export interface HintFeed {
  hints(): Observable<Hint>;
}
