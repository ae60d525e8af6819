import { TitleSource } from './title.js';

/** What of a session an update may change. */
export const SESSION_FIELDS = ['title', 'archived', 'model', 'reasoning_effort', 'metadata'] as const;

export type SessionField = (typeof SESSION_FIELDS)[number];

export interface SessionEvents {
  'agent.switched': { from: string; to: string; reason: string; confidence?: string };
  'session.updated': { changed: SessionField[]; title: string; title_source: TitleSource | null };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends SessionEvents {}
}
