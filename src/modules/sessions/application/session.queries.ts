import { Page, PageRequest } from '../../../shared/application/page.js';
import { Git } from '../../../shared/domain/git.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { CallUsage } from '../../../shared/domain/token-usage.js';
import { ApprovalMode } from '../../../shared/domain/approval-mode.js';
import { Todo } from '../../../shared/domain/todo.js';
import { ClientTools } from '../../agents/index.js';
import { TitleSource } from '../domain/title.js';

/** The active run, as part of a session's view. */
export interface ActiveRunView {
  id: string;
  status: string;
  phase: string;
  agent: string;
  waitingFor: { kind: string; id: string }[];
  /** Its first event comes after this one. */
  eventsAfter: number;
  createdAt: Date;
}

export interface SessionView extends ClientTools {
  id: string;
  title: string;
  /** Null without a title. */
  titleSource: TitleSource | null;
  /** The one that answers. */
  agent: string;
  /** The one that the user chose; null = the runtime chooses. */
  chosenAgent: string | null;
  /** The model that the user chose; null = none. */
  model: string | null;
  reasoningEffort: string | null;
  /** The chosen model is not configured any more: it is skipped. */
  modelMissing: boolean;
  /** The one that counts. */
  approvalMode: ApprovalMode;
  claimsRequired: boolean;
  /** What the client calls the workspace; null = it has said nothing of it. */
  workspace: string | null;
  /** The phase of the active run; `idle` without one. */
  phase: string;
  activeRun: ActiveRunView | null;
  /** What the user has said to runs whose agents were not told yet, the oldest first. */
  steers: { id: string; content: string }[];
  messageCount: number;
  lastEventId: number;
  /** Of all calls of models for the session. */
  usage: CallUsage;
  /** Null = the agents have made no list. */
  todos: readonly Todo[] | null;
  metadata: JsonObject;
  createdAt: Date;
  updatedAt: Date;
  archivedAt: Date | null;
}

/** Which sessions are listed, and in which order; unset = all, the newest first. */
export interface SessionFilter {
  readonly archived: boolean | undefined;
  /** Of the active run. */
  readonly status: 'running' | 'waiting' | undefined;
  /** A text in the title or in the user's messages, in any case. */
  readonly text: string | undefined;
  /** The name of the workspace. */
  readonly workspace: string | undefined;
  readonly sort: 'created_at' | 'updated_at';
}

/** Reads sessions for the API. */
export abstract class SessionQueries {
  /** Newest first. With a text a page may be short or empty although there are more: the sessions that it looks through are limited. */
  abstract list(userId: string, filter: SessionFilter, page: PageRequest): Promise<Page<SessionView>>;
  /** @throws SessionNotFound also when it belongs to another user */
  abstract view(sessionId: string, userId: string): Promise<SessionView>;
  /** What the client of a session executes. @throws SessionNotFound */
  abstract toolsOf(sessionId: string): Promise<ClientTools>;
  /** What is told of the workspace of a session. @throws SessionNotFound also when it belongs to another user */
  abstract workspaceOf(
    sessionId: string,
    userId: string,
  ): Promise<{ readonly digest: string | null; readonly git: Git | null }>;
  /** @throws SessionNotFound also when it belongs to another user */
  abstract requireOwned(sessionId: string, userId: string): Promise<void>;
}
