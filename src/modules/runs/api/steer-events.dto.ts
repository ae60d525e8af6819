import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';

const STEER_ID = '0198c6a2-4d21-7e5f-9b40-2d3e4f5a6b7c';

const steer_id = z.string();

export const STEER_EVENTS = [
  eventDto(
    'steer.waiting',
    'Something said to a run at work, which its agent is told before it goes on: then `message.created` has its id in `steer_ids`',
    z.object({ steer_id, content: z.string() }),
    { steer_id: STEER_ID, content: 'In tabs, please' },
  ),
  eventDto('steer.withdrawn', 'It was taken back: no agent is told', z.object({ steer_id }), {
    steer_id: STEER_ID,
  }),
] as const;
