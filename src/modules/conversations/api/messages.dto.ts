import { z } from 'zod';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { TOKEN_USAGE } from '../../../shared/api/token-usage.dto.js';
import { Thread } from '../domain/thread.js';
import { AttachedDto, EditorDto } from './attachments.dto.js';

export const UsageDto = z
  .object({
    ...TOKEN_USAGE,
    context_tokens: z.int().optional().describe('How full the context of the model was with this message'),
    context_window: z.int().optional().describe('How many tokens the model takes'),
  })
  .nullable();

export const USAGE_EXAMPLE = {
  prompt_tokens: 412,
  completion_tokens: 19,
  cached_tokens: 256,
  reasoning_tokens: 8,
  cost_micros: 230,
  estimated: false,
};

export const MessageDto = z
  .object({
    id: z.string(),
    session_id: z.string(),
    run_id: z.string().nullable(),
    subtask_id: z.string().nullable().describe('The subtask of a plan in which it was said'),
    job_id: z.string().nullable().describe('The job in which it was said, in the background'),
    role: z.enum(['user', 'assistant', 'tool', 'system']),
    agent: z.string().nullable().describe('Who speaks, where an agent does'),
    content: z.string().describe('Of a user’s message: what the user wrote'),
    reasoning: z.string().nullable().describe('What the model has reasoned, where it shows that'),
    tool_calls: z.array(
      z.object({
        call_id: z.string(),
        tool_name: z.string(),
        arguments: JsonDto.describe('An object, or the model’s own words where they are not JSON'),
      }),
    ),
    call_id: z.string().nullable().describe('Of a tool’s answer: the call it answers'),
    call_status: z
      .enum(['completed', 'failed', 'rejected', 'expired'])
      .nullable()
      .describe('How that call has ended'),
    suggestions: z.array(z.string()).nullable().describe('Of a question: answers to choose from'),
    finish_reason: z
      .string()
      .nullable()
      .describe(
        'Why the model ended; `length`, `content_filter` or `interrupted` for an answer that was cut',
      ),
    usage: UsageDto,
    truncated: z
      .object({ characters: z.int().describe('Of the whole') })
      .optional()
      .describe(
        'Of a tool’s answer that was too long: `content` has its beginning and its end; `GET /v1/tool-calls/{call_id}/result` the whole',
      ),
    attachments: z
      .array(AttachedDto)
      .optional()
      .describe('What went with it; without `content` where the model is told the path alone'),
    editor: EditorDto.optional(),
    display: JsonDto.optional().describe('Of a tool’s answer: what its client wants shown of it'),
    created_at: z.string(),
  })
  .meta({
    id: 'Message',
    description: 'An entry of a session; never changed once it is there',
    example: {
      id: '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10',
      session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      run_id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
      subtask_id: null,
      job_id: null,
      role: 'assistant',
      agent: 'ask',
      content: 'A lease is a lock that ends by itself.',
      reasoning: 'The question is about locks.',
      tool_calls: [],
      call_id: null,
      call_status: null,
      suggestions: null,
      finish_reason: 'stop',
      usage: USAGE_EXAMPLE,
      created_at: '2026-11-20T10:15:00.000Z',
    },
  });

export const MessageListDto = listOf(MessageDto, 'MessageList');

export const MessageQueryDto = PageQueryDto.extend({
  subtask_id: z.uuid().optional().describe('What was said in this subtask, instead of the main history'),
  order: z.enum(['asc', 'desc']).default('asc').describe('`desc`: newest first'),
  job_id: z.uuid().optional().describe('What was said in this job, instead of the main history'),
}).refine((query) => !query.subtask_id || !query.job_id, {
  path: ['job_id'],
  message: 'cannot be combined with subtask_id',
});

export type MessageQueryDto = z.infer<typeof MessageQueryDto>;

export const threadOf = ({ subtask_id: subtaskId, job_id: jobId }: MessageQueryDto): Thread =>
  subtaskId ? { subtaskId } : jobId ? { jobId } : 'main';
