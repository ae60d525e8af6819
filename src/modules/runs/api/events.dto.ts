import { z } from 'zod';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { APPROVAL_KINDS, ApprovalDto, DECISIONS } from '../../approvals/index.js';
import { MessageDto } from '../../conversations/index.js';
import { JOB_STATUSES } from '../../jobs/index.js';
import { PLAN_STATUSES, PlanDto, ProgressDto, SUBTASK_STATUSES } from '../../plans/index.js';
import { RUN_PHASES, RUN_STATUSES, TOOL_CALL_STATUSES } from '../application/run-view.js';
import { RunErrorDto, UsageDto, WaitingForDto } from './runs.dto.js';

const EXAMPLE = {
  id: '7',
  session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
  run_id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
  created_at: '2026-11-20T10:15:00.000Z',
};
const MESSAGE_ID = '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10';
const CALL_ID = '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b';
const APPROVAL = {
  id: '0198c6a2-2b1d-7a10-9c2e-7f6e5d4c3b2a',
  session_id: EXAMPLE.session_id,
  run_id: EXAMPLE.run_id,
  kind: 'tool_call' as const,
  call_id: CALL_ID,
  tool_name: 'write_file',
  subject: 'write_file hello.txt',
  arguments: { path: 'hello.txt', content: 'Hello' },
  reason: 'It changes a file',
  status: 'pending' as const,
  created_at: EXAMPLE.created_at,
  expires_at: '2026-11-21T10:15:00.000Z',
  decision: null,
  decided_by: null,
  decided_at: null,
  feedback: null,
  remember: false,
};
const PLAN = {
  id: '0198c6a2-3c11-7a20-8f3e-9b1a2c3d4e5f',
  session_id: EXAMPLE.session_id,
  run_id: EXAMPLE.run_id,
  title: 'A greeting tool',
  description: 'A small module with a test.',
  status: 'review' as const,
  version: 1,
  subtasks: [],
  progress: { done: 0, failed: 0, total: 0 },
  created_at: EXAMPLE.created_at,
  updated_at: EXAMPLE.created_at,
};
const JOB = { job_id: '0198c6b0-11aa-7c21-9b3e-7d6c5b4a3f20', job_type: 'agent:synopsis_manager' };

/** One kind of event: its type, what it means, its data, and an example of the data. */
function event<Type extends string, Data extends z.ZodType>(
  type: Type,
  description: string,
  data: Data,
  example: z.input<Data>,
) {
  const name = type.replace(/(^|[._])([a-z])/g, (_match, _dot, letter: string) => letter.toUpperCase());
  return z
    .object({
      id: z.string().describe('The cursor: grows by one per event of a session'),
      type: z.literal(type),
      session_id: z.string(),
      run_id: z.string().nullable(),
      created_at: z.string(),
      data,
    })
    .meta({ id: `${name}Event`, description, example: { ...EXAMPLE, type, data: example } });
}

const messageId = z.string();
const subtaskId = z.string().optional().describe('The subtask of a plan it belongs to');
const toolCalls = z.array(z.object({ call_id: z.string(), tool_name: z.string(), arguments: JsonDto }));
const modelUsage = z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).nullable();
const runUsage = { model_calls: 2, prompt_tokens: 801, completion_tokens: 64, total_tokens: 865 };

/** Everything a session's stream can carry. */
export const SessionEventDto = z
  .discriminatedUnion('type', [
    event('run.started', 'A run begins', z.object({ agent: z.string(), trigger: z.string() }), {
      agent: 'orchestrator',
      trigger: 'user_message',
    }),
    event(
      'run.phase_changed',
      'The orchestration went on to another phase',
      z.object({
        from: z.enum(RUN_PHASES),
        to: z.enum(RUN_PHASES),
        event: z.string(),
        reason: z.string().optional(),
      }),
      { from: 'classify', to: 'execution', event: 'is_atomic_true', reason: 'one file' },
    ),
    event(
      'message.created',
      'A message that is whole from the start: the user’s, a tool’s, the system’s',
      z.object({ message: MessageDto }),
      {
        message: {
          id: MESSAGE_ID,
          session_id: EXAMPLE.session_id,
          run_id: EXAMPLE.run_id,
          subtask_id: null,
          role: 'user',
          agent: null,
          content: 'What is a lease?',
          tool_calls: [],
          call_id: null,
          suggestions: null,
          finish_reason: null,
          usage: null,
          created_at: EXAMPLE.created_at,
        },
      },
    ),
    event(
      'message.started',
      'An agent begins to speak',
      z.object({ message_id: messageId, agent: z.string(), subtask_id: subtaskId }),
      { message_id: MESSAGE_ID, agent: 'ask' },
    ),
    event(
      'message.delta',
      'A piece of what it says; `offset`: where in the message it begins, in UTF-16 units',
      z.object({ message_id: messageId, offset: z.int(), text: z.string() }),
      { message_id: MESSAGE_ID, offset: 0, text: 'A lease is ' },
    ),
    event(
      'message.completed',
      'The whole message; its content replaces all deltas',
      z.object({
        message_id: messageId,
        agent: z.string(),
        subtask_id: subtaskId,
        content: z.string(),
        tool_calls: toolCalls.describe('For showing; a call is executed on `tool_call.requested` only'),
        suggestions: z.array(z.string()).optional(),
        finish_reason: z.string(),
        usage: modelUsage,
      }),
      {
        message_id: MESSAGE_ID,
        agent: 'ask',
        content: 'A lease is a lock that ends by itself.',
        tool_calls: [],
        finish_reason: 'stop',
        usage: { prompt_tokens: 412, completion_tokens: 11 },
      },
    ),
    event(
      'message.discarded',
      'Forget the deltas of this message: it will not be completed',
      z.object({ message_id: messageId, reason: z.string() }),
      { message_id: MESSAGE_ID, reason: 'model.stream_cut' },
    ),
    event(
      'tool_call.requested',
      'Execute this now, and answer with `tool_result` before the deadline',
      z.object({
        call_id: z.string(),
        tool_name: z.string(),
        arguments: z.record(z.string(), JsonDto),
        agent: z.string(),
        subtask_id: subtaskId,
        deadline_at: z.string().nullable(),
      }),
      {
        call_id: CALL_ID,
        tool_name: 'read_file',
        arguments: { path: 'hello.txt' },
        agent: 'coder',
        deadline_at: '2026-11-20T11:15:00.000Z',
      },
    ),
    event(
      'tool_call.settled',
      'A tool call has ended',
      z.object({ call_id: z.string(), tool_name: z.string(), status: z.enum(TOOL_CALL_STATUSES) }),
      { call_id: CALL_ID, tool_name: 'read_file', status: 'completed' },
    ),
    event(
      'agent.switched',
      'Another agent has the word',
      z.object({ from: z.string(), to: z.string(), reason: z.string(), confidence: z.string().optional() }),
      { from: 'orchestrator', to: 'coder', reason: 'one file is to be changed', confidence: 'high' },
    ),
    event(
      'approval.requested',
      'The human is to decide on a tool call; it is not to be executed before `tool_call.requested`',
      z.object({ approval: ApprovalDto }),
      { approval: APPROVAL },
    ),
    event(
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
        approval_id: APPROVAL.id,
        kind: 'tool_call',
        decision: 'approve',
        decided_by: 'local',
        waited_ms: 4200,
      },
    ),
    event('plan.created', 'The architect has written a plan: a draft', z.object({ plan: PlanDto }), {
      plan: { ...PLAN, status: 'draft' },
    }),
    event(
      'plan.approval_required',
      'The human is to decide on a plan, with `plan_decision` or on the approval',
      z.object({ approval_id: z.string(), plan: PlanDto }),
      { approval_id: APPROVAL.id, plan: PLAN },
    ),
    event(
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
    event(
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
    event(
      'run.waiting',
      'Nothing goes on until the client has answered all of this',
      z.object({ for: WaitingForDto }),
      { for: [{ kind: 'tool_result', id: CALL_ID }] },
    ),
    event('run.resumed', 'The run goes on', z.object({ by: z.string() }), { by: 'tool_result' }),
    event(
      'run.finished',
      'The end of a run: exactly one per run, and always its last event',
      z.object({
        status: z.enum(RUN_STATUSES),
        error: RunErrorDto.optional(),
        usage: UsageDto,
        duration_ms: z.int(),
      }),
      { status: 'completed', usage: runUsage, duration_ms: 5120 },
    ),
    event(
      'job.status_changed',
      'A background job of the session has come to another status; queued with a higher attempt = it is tried again later',
      z.object({
        job_id: z.string(),
        job_type: z.string().describe('`agent:<id>`'),
        status: z.enum(JOB_STATUSES),
        attempt: z.int(),
        duration_ms: z.int().optional().describe('Of the last attempt, once the job has ended'),
      }),
      { ...JOB, status: 'done', attempt: 1, duration_ms: 4200 },
    ),
    event(
      'synopsis.updated',
      'The synopsis has a new live version, by an agent or by a human',
      z.object({ version: z.int() }),
      { version: 2 },
    ),
    event(
      'stream.reset',
      'The cursor is ahead of the log: reload the session, then go on from `resume_after`. Not part of the log',
      z.object({ reason: z.string(), resume_after: z.string() }),
      { reason: 'cursor_ahead', resume_after: '7' },
    ),
  ])
  .meta({
    id: 'SessionEvent',
    description: 'The `data` of a server-sent event; its `id` and `event` repeat id and type',
  });
