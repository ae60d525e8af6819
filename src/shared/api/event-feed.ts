import { Observable } from 'rxjs';
import { StreamItem } from '../application/event-stream.js';

/**
 * What a route that streams returns: a session's events from a cursor on. Not the Observable alone, since a slow reader
 * leaves it, and enters it again where it was.
 */
export interface EventFeed {
  readonly sessionId: string;
  /** Where the reader begins. */
  readonly after: number;
  /** The events after a cursor: `after`, or that of the last event sent. The answer ends when it completes. */
  open(cursor: number): Observable<StreamItem>;
}
