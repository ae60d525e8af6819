import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';

export const SYNOPSIS_EVENTS = [
  eventDto(
    'synopsis.updated',
    'The synopsis has a new live version, by an agent or by a human',
    z.object({ version: z.int() }),
    { version: 2 },
  ),
] as const;
