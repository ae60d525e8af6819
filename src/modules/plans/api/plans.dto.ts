import { z } from 'zod';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { PlanRecordView } from '../application/plan-record-view.js';
import { PLAN_STATUSES } from '../domain/plan.states.js';
import { SUBTASK_STATUSES } from '../domain/subtask.states.js';

export const ProgressDto = z.object({ done: z.int(), failed: z.int(), total: z.int() });

const SubtaskDto = z.object({
  id: z.string(),
  position: z.int().describe('1 for the first'),
  title: z.string(),
  description: z.string(),
  agent: z.string(),
  dependencies: z.array(z.string()).describe('Ids of the earlier subtasks whose results it is given'),
  estimated_minutes: z.int().nullable(),
  status: z.enum(SUBTASK_STATUSES),
  attempt: z.int().describe('How often it was begun since a human last decided on the plan'),
  result: z.string().nullable(),
  error: z
    .object({ code: z.string(), message: z.string() })
    .nullable()
    .describe('Of the attempt that failed'),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});

export const PLAN_EXAMPLE = {
  id: '0198c6a2-3c11-7a20-8f3e-9b1a2c3d4e5f',
  session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
  run_id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
  title: 'A greeting tool',
  description: 'A small module with a test.',
  status: 'review' as const,
  version: 1,
  subtasks: [
    {
      id: '0198c6a2-3c12-7b31-9a4f-0c1b2d3e4f60',
      position: 1,
      title: 'Write the module',
      description: 'src/greet.js exports greet(name)',
      agent: 'coder',
      dependencies: [],
      estimated_minutes: 5,
      status: 'pending' as const,
      attempt: 0,
      result: null,
      error: null,
      started_at: null,
      finished_at: null,
    },
  ],
  progress: { done: 0, failed: 0, total: 1 },
  created_at: '2026-11-20T10:15:00.000Z',
  updated_at: '2026-11-20T10:15:00.000Z',
};

const PLAN = {
  id: z.string(),
  session_id: z.string(),
  run_id: z.string().describe('The run it lives in'),
  title: z.string(),
  description: z.string(),
  status: z.enum(PLAN_STATUSES),
  version: z.int().describe('Raised whenever changes are asked for'),
  subtasks: z.array(SubtaskDto).describe('Of this version, in order'),
  progress: ProgressDto,
  created_at: z.string(),
  updated_at: z.string(),
};

export const PlanDto = z
  .object(PLAN)
  .meta({ id: 'Plan', description: 'What the architect proposes', example: PLAN_EXAMPLE });

export const PlanRecordDto: z.ZodType<PlanRecordView> = z
  .object({
    ...PLAN,
    history: z
      .array(
        z.object({
          action: z.enum([
            'create',
            'submit',
            'approve',
            'reject',
            'request_changes',
            'start',
            'complete',
            'fail',
            'retry',
            'cancel',
          ]),
          from: z.enum(PLAN_STATUSES).nullable(),
          to: z.enum(PLAN_STATUSES),
          version: z.int(),
          decided_by: z.string().describe('The user, the agent, or `runtime`'),
          reason: z.string().nullable(),
          approval_id: z.string().nullable().describe('The question that was answered by it'),
          created_at: z.string(),
        }),
      )
      .describe('Everything that became of it, oldest first'),
  })
  .meta({
    id: 'PlanRecord',
    description: 'A plan with its history',
    example: {
      ...PLAN_EXAMPLE,
      history: [
        {
          action: 'create',
          from: null,
          to: 'draft',
          version: 1,
          decided_by: 'architect',
          reason: null,
          approval_id: null,
          created_at: PLAN_EXAMPLE.created_at,
        },
      ],
    },
  });

export const PlanListDto = listOf(PlanRecordDto, 'PlanList');

export const PlanQueryDto = PageQueryDto.extend({
  status: z.enum(PLAN_STATUSES).optional().describe('`review`: what waits for a decision'),
});

export type PlanQueryDto = z.infer<typeof PlanQueryDto>;
