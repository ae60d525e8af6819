import { z } from 'zod';
import { ACTIVITY_KINDS } from '../../../shared/application/activity.js';

const RefetchHintDto = z.object({ type: z.literal('refetch') }).meta({
  id: 'RefetchHint',
  description: 'Fetch what you show anew: hints may have been missed',
  example: { type: 'refetch' },
});

const SessionHintDto = z
  .object({ type: z.literal('activity'), session_id: z.string(), what: z.array(z.enum(ACTIVITY_KINDS)) })
  .meta({
    id: 'SessionHint',
    description: 'Something in this session has changed',
    example: {
      type: 'activity',
      session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      what: ['run', 'approval'],
    },
  });

/** The `data` of a frame of `GET /v1/activity`. */
export const ActivityHintDto = z
  .discriminatedUnion('type', [RefetchHintDto, SessionHintDto])
  .meta({ id: 'ActivityHint', description: 'What to fetch anew' });
