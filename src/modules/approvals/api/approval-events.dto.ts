import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { APPROVAL_KINDS, DECISIONS } from '../domain/approval.states.js';
import { APPROVAL_EXAMPLE, ApprovalDto } from './approvals.dto.js';

export const APPROVAL_EVENTS = [
  eventDto(
    'approval.requested',
    'The human is to decide on a tool call; it is not to be executed before `tool_call.requested`',
    z.object({ approval: ApprovalDto }),
    { approval: APPROVAL_EXAMPLE },
  ),
  eventDto(
    'approval.resolved',
    'A question about a tool call or a plan is closed; `cancel`: what it asked about is not wanted any more',
    z.object({
      approval_id: z.string(),
      kind: z.enum(APPROVAL_KINDS),
      decision: z.enum([...DECISIONS, 'cancel']),
      decided_by: z.string(),
      reason: z.string().optional(),
      waited_ms: z.int(),
    }),
    {
      approval_id: APPROVAL_EXAMPLE.id,
      kind: 'tool_call',
      decision: 'approve',
      decided_by: 'local',
      waited_ms: 4200,
    },
  ),
  eventDto(
    'permissions.withdrawn',
    'What the user had allowed for the rest of the session is asked about again',
    z.object({ permission_ids: z.array(z.string()) }),
    { permission_ids: [APPROVAL_EXAMPLE.id] },
  ),
] as const;
