import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { PLAN_STATUSES } from '../domain/plan.states.js';
import { SUBTASK_STATUSES } from '../domain/subtask.states.js';
import { PLAN_EXAMPLE, PlanDto, ProgressDto } from './plans.dto.js';

const PLAN = { ...PLAN_EXAMPLE, subtasks: [], progress: { done: 0, failed: 0, total: 0 } };

export const PLAN_EVENTS = [
  eventDto('plan.created', 'The architect has written a plan: a draft', z.object({ plan: PlanDto }), {
    plan: { ...PLAN, status: 'draft' },
  }),
  eventDto(
    'plan.approval_required',
    'The human is to decide on a plan, with `plan_decision` or on the approval',
    z.object({ approval_id: z.string(), plan: PlanDto }),
    { approval_id: '0198c6a2-2b1d-7a10-9c2e-7f6e5d4c3b2a', plan: PLAN },
  ),
  eventDto(
    'plan.status_changed',
    'A plan went on to another status',
    z.object({
      plan_id: z.string(),
      from: z.enum(PLAN_STATUSES),
      to: z.enum(PLAN_STATUSES),
      reason: z.string().optional(),
    }),
    { plan_id: PLAN.id, from: 'review', to: 'approved' },
  ),
  eventDto(
    'subtask.status_changed',
    'A subtask of a plan went on to another status',
    z.object({
      plan_id: z.string(),
      subtask_id: z.string(),
      from: z.enum(SUBTASK_STATUSES),
      to: z.enum(SUBTASK_STATUSES),
      progress: ProgressDto,
    }),
    {
      plan_id: PLAN.id,
      subtask_id: '0198c6a2-3c12-7b31-9a4f-0c1b2d3e4f60',
      from: 'running',
      to: 'done',
      progress: { done: 1, failed: 0, total: 3 },
    },
  ),
] as const;
