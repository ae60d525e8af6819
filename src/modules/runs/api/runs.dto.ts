import { z } from 'zod';
import { PageQueryDto, listOf, inDigits } from '../../../shared/api/list.dto.js';
import { CALL_USAGE_EXAMPLE, CallUsageDto, UNKNOWN_CALLS } from '../../../shared/api/token-usage.dto.js';
import { RunView } from '../application/run-view.js';
import { RUN_PHASES } from '../domain/run-phase.states.js';
import { RUN_STATUSES } from '../domain/run.states.js';

export const WaitingForDto = z.array(
  z.object({ kind: z.enum(['tool_result', 'approval', 'plan_decision']), id: z.string() }),
);

export const RunErrorDto = z.object({
  code: z.string(),
  message: z.string(),
  retry_at: z.string().optional().describe('When it makes sense to ask the model again, if that is known'),
  provider_code: z
    .string()
    .optional()
    .describe('What the provider of the model calls it: at most 64 characters of `[a-z0-9_.-]`'),
});

export const RunDto: z.ZodType<RunView> = z
  .object({
    id: z.string(),
    session_id: z.string(),
    status: z.enum(RUN_STATUSES),
    phase: z.enum(RUN_PHASES),
    agent: z.string().describe('The agent at work in it'),
    model: z
      .string()
      .nullable()
      .describe('The model that answers in it; null = the default, on a server without a file of models'),
    trigger: z.string(),
    job_id: z.string().nullable().describe('The job whose attempt it is: it does not keep the session busy'),
    waiting_for: WaitingForDto.describe('What the client must answer before it goes on'),
    error: RunErrorDto.nullable(),
    usage: CallUsageDto,
    unknown_calls: UNKNOWN_CALLS,
    attempt: z.int().describe('1, and one more each time another process had to go on with it'),
    first_event_id: z
      .string()
      .describe('The cursor before its first event: read on from here to see all of it'),
    trace_id: z.string().describe('Of the `traceparent` of what caused it; also in the log'),
    created_at: z.string(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
  })
  .meta({
    id: 'Run',
    description: 'The processing of one user input until a final status',
    example: {
      id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
      session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      status: 'waiting',
      phase: 'execution',
      agent: 'coder',
      model: 'gpt-5-mini',
      trigger: 'user_message',
      job_id: null,
      waiting_for: [{ kind: 'tool_result', id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b' }],
      error: null,
      usage: CALL_USAGE_EXAMPLE,
      unknown_calls: 0,
      attempt: 1,
      first_event_id: '0',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      created_at: '2026-11-20T10:15:00.000Z',
      started_at: '2026-11-20T10:15:00.000Z',
      finished_at: null,
    },
  });

export const RunListDto = listOf(RunDto, 'RunList');

export const RunQueryDto = PageQueryDto.extend({
  status: z.enum(RUN_STATUSES).optional(),
  older_than_seconds: inDigits(z.int().min(0).max(1_000_000_000).optional()),
});

export type RunQueryDto = z.infer<typeof RunQueryDto>;
