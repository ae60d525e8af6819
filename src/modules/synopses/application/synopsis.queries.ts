import { Page, PageRequest } from '../../../shared/application/page.js';
import { SynopsisVersion } from '../domain/synopsis.js';

/** Reads synopses for the API and for the jobs that make them. */
export abstract class SynopsisQueries {
  /** Undefined if the session has no synopsis yet. */
  abstract findLive(sessionId: string): Promise<SynopsisVersion | undefined>;
  /** @throws SynopsisVersionNotFound */
  abstract view(sessionId: string, version: string): Promise<SynopsisVersion>;
  /** Newest first, without their content. */
  abstract list(sessionId: string, page: PageRequest): Promise<Page<Omit<SynopsisVersion, 'items'>>>;
}
