import { Synopsis } from './synopsis.js';

/** The synopses. The unit of work holds the row lock of the session, so that writes do not race. */
export abstract class SynopsisRepository {
  /** Undefined if the session has no synopsis yet. */
  abstract find(sessionId: string): Promise<Synopsis | undefined>;
  /**
   * Stores a synopsis that is new or changed, with its new versions.
   * @throws ConcurrencyError when the row has changed since it was loaded
   */
  abstract save(synopsis: Synopsis): Promise<void>;
}
