import { Page, PageRequest } from '../../../shared/application/page.js';
import { JsonObject } from '../../../shared/domain/json.js';

/** The active run, as part of a session's view. */
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
  /** The model that the user chose; null = none. */
  model: string | null;
  reasoningEffort: string | null;
  /** The chosen model is not configured any more: it is skipped. */
  modelMissing: boolean;
  /** The phase of the active run; `idle` without one. */
  phase: string;
  activeRun: ActiveRunView | null;
  messageCount: number;
  lastEventId: number;
  metadata: JsonObject;
  createdAt: Date;
  updatedAt: Date;
  archivedAt: Date | null;
}

/** Reads sessions for the API. */
export abstract class SessionQueries {
  /** Newest first. */
  abstract list(userId: string, page: PageRequest): Promise<Page<SessionView>>;
  /** @throws SessionNotFound also when it belongs to another user */
  abstract view(sessionId: string, userId: string): Promise<SessionView>;
  /** @throws SessionNotFound also when it belongs to another user */
  abstract requireOwned(sessionId: string, userId: string): Promise<void>;
}
