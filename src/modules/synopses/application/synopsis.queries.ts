import { Page, PageRequest } from '../../../shared/application/page.js';
import { SynopsisVersion } from '../domain/synopsis.js';

/** Synopses as they are shown, and as whoever forms them needs to see them. */
export abstract class SynopsisQueries {
  /** Undefined where nothing is written yet. */
  abstract findLive(sessionId: string): Promise<SynopsisVersion | undefined>;
  /** @throws SynopsisVersionNotFound */
  abstract view(sessionId: string, version: string): Promise<SynopsisVersion>;
  /** Newest first, without what they say. */
  abstract list(sessionId: string, page: PageRequest): Promise<Page<Omit<SynopsisVersion, 'items'>>>;
}
