import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';

export const SESSION_EVENTS = [
  eventDto(
    'agent.switched',
    'From now on another agent answers',
    z.object({ from: z.string(), to: z.string(), reason: z.string(), confidence: z.string().optional() }),
    { from: 'orchestrator', to: 'coder', reason: 'one file is to be changed', confidence: 'high' },
  ),
] as const;
