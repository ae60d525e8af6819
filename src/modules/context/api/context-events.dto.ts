import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { CheckpointReasonDto } from './checkpoint.dto.js';

export const CONTEXT_EVENTS = [
  eventDto(
    'context.compacted',
    'From now on the agent is told a checkpoint instead of the messages up to this one',
    z.object({
      checkpoint_id: z.string(),
      up_to_message_id: z.string().describe('The last message that the checkpoint stands for'),
      reason: CheckpointReasonDto,
      tokens_before: z.int().describe('Of the context, estimated'),
      tokens_after: z.int(),
      subtask_id: z.string().optional().describe('The subtask of a plan whose context it is'),
      job_id: z.string().optional().describe('The job whose context it is'),
    }),
    {
      checkpoint_id: '0198c6b0-0c11-7a52-8e43-1f2a3b4c5d60',
      up_to_message_id: '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10',
      reason: 'threshold',
      tokens_before: 101_250,
      tokens_after: 31_800,
    },
  ),
] as const;
