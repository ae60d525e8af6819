import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { JobView } from '../application/job-view.js';
import { JOB_STATUSES } from '../domain/job.states.js';

const MAX_QUERY = 100_000;

const memory = z
  .union([z.string(), z.record(z.string().max(100), JsonDto)])
  .refine(
    (value) => JSON.stringify(value).length <= MAX_QUERY,
    `must not be larger than ${MAX_QUERY} characters`,
  );

export const RequestJobDto = z
  .strictObject({
    session_id: z.guid('must be the id of a session').toLowerCase(),
    query: humanText(MAX_QUERY).optional().describe('The task; synopsis_manager needs none'),
    memory: memory.optional().describe('What the agent shall know beforehand: a text, or an object'),
  })
  .meta({
    id: 'RequestJob',
    example: {
      session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      query: 'Where may this service lose data?',
    },
  });

export type RequestJobDto = z.infer<typeof RequestJobDto>;

export const JobDto: z.ZodType<JobView> = z
  .object({
    job_id: z.string(),
    type: z.string().describe('`agent:<id>`, or `compaction`'),
    agent: z.string().describe('The agent that does it, or in whose name it is done'),
    agent_version: z.string(),
    status: z.enum(JOB_STATUSES),
    attempt: z.int().describe('1, and one more with each retry'),
    result: z
      .record(z.string(), JsonDto)
      .nullable()
      .describe('Of one that is done; what is in it depends on the type'),
    error: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe('Why it failed; while queued, why the attempt before failed'),
    session_id: z.string(),
    run_id: z.string().nullable().describe('The run of this attempt: its events stream like any other'),
    trace_id: z.string().describe('Of the `traceparent` it was asked for with; also in the log'),
    created_at: z.string(),
    available_at: z.string().describe('The earliest start of the next attempt'),
    started_at: z.string().nullable().describe('Of the last attempt'),
    finished_at: z.string().nullable(),
  })
  .meta({
    id: 'Job',
    description: 'Work in the background: an agent, or a compaction',
    example: {
      job_id: '0198c6b0-11aa-7c21-9b3e-7d6c5b4a3f20',
      type: 'agent:ask',
      agent: 'ask',
      agent_version: '1.0.0',
      status: 'done',
      attempt: 1,
      result: {
        text: 'It may lose what is in the buffer.',
        usage: {
          ...{
            model_calls: 1,
            prompt_tokens: 90,
            completion_tokens: 12,
            cached_tokens: 0,
            reasoning_tokens: 0,
          },
          ...{ cost_micros: 80, estimated: false, total_tokens: 102 },
        },
        unknown_calls: 0,
      },
      error: null,
      session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      run_id: '0198c6b0-12bb-7d32-8c4f-6e5d4c3b2a10',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      created_at: '2026-11-20T10:15:00.000Z',
      available_at: '2026-11-20T10:15:00.000Z',
      started_at: '2026-11-20T10:15:00.030Z',
      finished_at: '2026-11-20T10:15:04.000Z',
    },
  });

export const JobListDto = listOf(JobDto, 'JobList');

export const JobQueryDto = PageQueryDto.extend({
  status: z.enum(JOB_STATUSES).optional(),
  session_id: z.guid().toLowerCase().optional(),
  type: z
    .string()
    .regex(/^agent:[\w-]{1,100}$|^compaction$/, 'must be agent: and the id of an agent, or compaction')
    .optional(),
});

export type JobQueryDto = z.infer<typeof JobQueryDto>;
