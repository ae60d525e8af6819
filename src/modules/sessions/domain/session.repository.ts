import { Session } from './session.js';

/** The sessions, inside a unit of work. */
export abstract class SessionRepository {
  abstract add(session: Session): Promise<void>;
  /**
   * Loads a session to change it, under a row lock until the unit of work ends.
   * @throws SessionNotFound also when it belongs to another user
   */
  abstract get(sessionId: string, userId: string): Promise<Session>;
  /**
   * Loads a session without a lock, for units of work that rarely change it.
   * @throws SessionNotFound also when it belongs to another user
   */
  abstract peek(sessionId: string, userId: string): Promise<Session>;
  /** @throws ConcurrencyError when the row has changed since it was loaded */
  abstract save(session: Session): Promise<void>;
}
