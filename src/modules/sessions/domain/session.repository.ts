import { Session } from './session.js';

/** The sessions, inside a unit of work. */
export abstract class SessionRepository {
  abstract add(session: Session): Promise<void>;
  /**
   * Loads a session in order to change it, and locks it until the unit of work ends.
   * @throws SessionNotFound also when it belongs to somebody else
   */
  abstract get(sessionId: string, userId: string): Promise<Session>;
  /**
   * Loads a session without a lock, for work that rarely changes it.
   * @throws SessionNotFound also when it belongs to somebody else
   */
  abstract peek(sessionId: string, userId: string): Promise<Session>;
  /** @throws ConcurrencyError when it was changed since it was loaded */
  abstract save(session: Session): Promise<void>;
}
