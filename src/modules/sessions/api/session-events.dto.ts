import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { TitleSourceDto, TodoDto } from './sessions.dto.js';

export const SESSION_EVENTS = [
  eventDto(
    'agent.switched',
    'From now on another agent answers',
    z.object({ from: z.string(), to: z.string(), reason: z.string(), confidence: z.string().optional() }),
    { from: 'orchestrator', to: 'coder', reason: 'one file is to be changed', confidence: 'high' },
  ),
  eventDto(
    'session.updated',
    'The session has another title, model, approval mode, metadata, tools or workspace, or was archived or brought back',
    z.object({
      changed: z.array(
        z.enum([
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
        ]),
      ),
      title: z.string(),
      title_source: TitleSourceDto.nullable(),
    }),
    { changed: ['title'], title: 'Fix the login', title_source: 'first_message' },
  ),
  eventDto('session.deleted', 'The session is gone: the stream ends', z.object({}), {}),
  eventDto(
    'todos.updated',
    'The agent has said what is done and what remains: the whole list',
    z.object({ items: z.array(TodoDto) }),
    { items: [{ text: 'Run the tests', status: 'in_progress' }] },
  ),
] as const;
