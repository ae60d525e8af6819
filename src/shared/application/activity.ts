import { Observable } from 'rxjs';

/** What of a session has changed. */
export const ACTIVITY_KINDS = [
  'run',
  'message',
  'tool_call',
  'approval',
  'plan',
  'job',
  'synopsis',
  'title',
  'session',
] as const;

export type ActivityKind = (typeof ACTIVITY_KINDS)[number];

/** Something was stored in a session, or, with `refetch`, perhaps anywhere. A reader looks into the API for what it is. */
export type Hint =
  | { readonly type: 'refetch' }
  | { readonly type: 'activity'; readonly sessionId: string; readonly what: readonly ActivityKind[] };

/** Hints over all sessions of a user, of every instance. They are not stored: a reader that was away fetches all anew. */
export abstract class Activity {
  /** Begins with `refetch`. Those of one session come together, at most every quarter of a second. Never completes. */
  abstract watch(userId: string): Observable<Hint>;
}
