import { Synopsis } from './synopsis.js';

/** The synopses, inside a unit of work that holds the row of the session: nobody else writes them meanwhile. */
export abstract class SynopsisRepository {
  /** Undefined where nothing is written yet. */
  abstract find(sessionId: string): Promise<Synopsis | undefined>;
  /**
   * Stores a synopsis that is new or changed, with its new versions.
   * @throws ConcurrencyError when it was changed since it was loaded
   */
  abstract save(synopsis: Synopsis): Promise<void>;
}
