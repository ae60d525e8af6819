import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { TitleSourceDto } from './sessions.dto.js';

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
      changed: z.array(z.enum(['title', 'archived', 'model', 'reasoning_effort', 'metadata'])),
      title: z.string(),
      title_source: TitleSourceDto.nullable(),
    }),
    { changed: ['title'], title: 'Fix the login', title_source: 'first_message' },
  ),
] as const;
