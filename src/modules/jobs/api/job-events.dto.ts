import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { JOB_STATUSES } from '../domain/job.states.js';

export const JOB_EVENTS = [
  eventDto(
    'job.status_changed',
    'A background job of the session has come to another status; queued with a higher attempt = it is tried again later',
    z.object({
      job_id: z.string(),
      job_type: z.string().describe('`agent:<id>`, or `compaction`'),
      status: z.enum(JOB_STATUSES),
      attempt: z.int(),
      duration_ms: z.int().optional().describe('Of the last attempt, once the job has ended'),
    }),
    {
      job_id: '0198c6b0-11aa-7c21-9b3e-7d6c5b4a3f20',
      job_type: 'agent:synopsis_manager',
      status: 'done',
      attempt: 1,
      duration_ms: 4200,
    },
  ),
] as const;
