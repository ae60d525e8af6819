import { Page, PageRequest } from '../../../shared/application/page.js';
import { JsonObject } from '../../../shared/domain/json.js';

/** What the active run of a session looks like from the session. */
export interface ActiveRunView {
  id: string;
  status: string;
  phase: string;
  agent: string;
  waitingFor: { kind: string; id: string }[];
  createdAt: Date;
}

export interface SessionView {
  id: string;
  title: string;
  agent: string;
  /** Of the active run; `idle` without one. */
  phase: string;
  activeRun: ActiveRunView | null;
  messageCount: number;
  lastEventId: number;
  metadata: JsonObject;
  createdAt: Date;
  updatedAt: Date;
  archivedAt: Date | null;
}

/** Sessions as they are shown. */
export abstract class SessionQueries {
  /** Newest first. */
  abstract list(userId: string, page: PageRequest): Promise<Page<SessionView>>;
  /** @throws SessionNotFound also when it belongs to somebody else */
  abstract view(sessionId: string, userId: string): Promise<SessionView>;
  /** @throws SessionNotFound also when it belongs to somebody else */
  abstract requireOwned(sessionId: string, userId: string): Promise<void>;
}
