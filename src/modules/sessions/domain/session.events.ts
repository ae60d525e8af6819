import { Todo } from '../../../shared/domain/todo.js';
import { TitleSource } from './title.js';

/** What of a session an update may change. */
export const SESSION_FIELDS = [
  'title',
  'archived',
  'model',
  'reasoning_effort',
  'approval_mode',
  'metadata',
  'builtin_tools',
  'file_hashes',
  'client_claims',
  'workspace',
] as const;

export type SessionField = (typeof SESSION_FIELDS)[number];

export interface SessionEvents {
  'agent.switched': { from: string; to: string; reason: string; confidence?: string };
  'session.updated': { changed: SessionField[]; title: string; title_source: TitleSource | null };
  /** The last one that readers get. */
  'session.deleted': Record<string, never>;
  /** The whole list, each time. */
  'todos.updated': { items: Todo[] };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends SessionEvents {}
}
