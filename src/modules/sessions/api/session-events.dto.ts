import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { SESSION_FIELDS } from '../domain/session.events.js';
import { TITLE_SOURCES } from '../domain/title.js';

export const SESSION_EVENTS = [
  eventDto(
    'agent.switched',
    'From now on another agent answers',
    z.object({ from: z.string(), to: z.string(), reason: z.string(), confidence: z.string().optional() }),
    { from: 'orchestrator', to: 'coder', reason: 'one file is to be changed', confidence: 'high' },
  ),
  eventDto(
    'session.updated',
    'The session has another title, model or metadata, or was archived or brought back',
    z.object({
      changed: z.array(z.enum(SESSION_FIELDS)),
      title: z.string(),
      title_source: z.enum(TITLE_SOURCES).nullable(),
    }),
    { changed: ['title'], title: 'Fix the login', title_source: 'first_message' },
  ),
] as const;
