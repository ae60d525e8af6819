import { z } from 'zod';
import { JsonValue, isJsonObject } from '../../../shared/domain/json.js';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { ApprovalDto, toApprovalView } from '../../approvals/index.js';
import { MessageDto, toMessageView } from '../../conversations/index.js';
import { PlanRecordDto, toPlanRecordView } from '../../plans/index.js';
import { Accepted } from '../application/inputs/accepted.js';
import { toRunView } from '../application/run-view.js';
import { PLAN_DECISION, TOOL_DECISION } from './decisions.dto.js';
import { RunDto } from './runs.dto.js';

const MAX_CONTENT = 1_000_000;
const MAX_ERROR = 100_000;

const UserMessageDto = z
  .strictObject({
    type: z.literal('user_message'),
    content: humanText(MAX_CONTENT),
    agent: z
      .string()
      .max(100)
      .optional()
      .describe(
        'Who shall answer, from now on; `auto` (default): whom the user chose before, or else the runtime decides',
      ),
    model: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('The model that answers in this run, of `GET /v1/models`; without it that of the session'),
    reasoning_effort: z
      .string()
      .min(1)
      .max(20)
      .optional()
      .describe('How much it is to reason in this run: one of the efforts of the model'),
    on_busy: z
      .enum(['reject', 'queue', 'interrupt'])
      .default('reject')
      .describe(
        'While a run is active the message is refused, waits for its turn, or cancels that run and follows it',
      ),
  })
  .meta({ id: 'UserMessage', example: { type: 'user_message', content: 'Add a greeting to hello.txt' } });

/** The model must not be told other numbers than the client sent: JavaScript cannot represent all of them. */
function isExact(value: JsonValue | undefined): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}

const MENDED = 'NUL and halves of surrogate pairs are replaced by U+FFFD, and the model is told';

const ToolResultDto = z
  .strictObject({
    type: z.literal('tool_result'),
    call_id: z.string().max(100),
    result: JsonDto.optional().describe(`What the tool answered: text, or any JSON. ${MENDED}`),
    error: z.string().max(MAX_ERROR).optional().describe(`Why the tool could not do it. ${MENDED}`),
  })
  .refine(({ result }) => isExact(result), {
    message: 'holds a whole number beyond 2^53, which JSON does not carry exactly: send it as text',
    path: ['result'],
  })
  .refine((value) => (value.result === undefined) !== (value.error === undefined), {
    message: 'exactly one of result and error is needed',
    path: ['result'],
  })
  .meta({
    id: 'ToolResult',
    example: { type: 'tool_result', call_id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b', result: 'hello' },
  });

const SwitchAgentDto = z
  .strictObject({
    type: z.literal('switch_agent'),
    agent: z.string().max(100).describe('`orchestrator` hands the choice back to the runtime'),
    reason: humanText(1000).optional(),
  })
  .meta({ id: 'SwitchAgent', example: { type: 'switch_agent', agent: 'debug', reason: 'the tests fail' } });

const HitlDecisionDto = z
  .strictObject({
    type: z.literal('hitl_decision'),
    call_id: z.string().max(100),
    decision: z.enum(['approve', 'edit', 'reject']),
    ...TOOL_DECISION,
  })
  .meta({
    id: 'HitlDecision',
    example: { type: 'hitl_decision', call_id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b', decision: 'approve' },
  });

const PlanDecisionDto = z
  .strictObject({
    type: z.literal('plan_decision'),
    plan_id: z.string().max(100),
    decision: z.enum(['approve', 'reject', 'modify']),
    ...PLAN_DECISION,
  })
  .meta({
    id: 'PlanDecision',
    example: {
      type: 'plan_decision',
      plan_id: '0198c6a2-3c11-7a20-8f3e-9b1a2c3d4e5f',
      decision: 'modify',
      feedback: 'Write the test first',
    },
  });

const INPUTS = [UserMessageDto, ToolResultDto, SwitchAgentDto, HitlDecisionDto, PlanDecisionDto] as const;

export const InputDto = z
  .discriminatedUnion('type', INPUTS, {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'must be user_message, tool_result, switch_agent, hitl_decision or plan_decision'
        : undefined,
  })
  .meta({ id: 'Input', description: 'What a client tells a session' });

/**
 * The fields whose text is made storable instead of refused: a person corrects a text that is refused, but a run would
 * wait for the result of its tool until the deadline.
 */
export const mendedFields = (body: unknown): readonly string[] =>
  isToolResult(body) ? ['result', 'error'] : [];

/** The routes of InputsController, as a path may name them. */
export const takesToolResults = (path: string): boolean =>
  /^\/v1\/sessions\/[^/]+\/messages(\/stream)?\/?$/i.test(path);

/** The result of a tool is as large as what it read; the other inputs are written by people. */
export const mayBeLarge = (body: unknown): boolean => isToolResult(body);

const isToolResult = (body: unknown): boolean => isJsonObject(body) && body['type'] === 'tool_result';

export type InputDto = z.infer<typeof InputDto>;

export const AcceptedDto = z
  .object({
    run: RunDto.nullable().describe('Null if the input starts no run'),
    message: MessageDto.optional(),
    approval: ApprovalDto.optional().describe('Of a decision: the question as it is now'),
    plan: PlanRecordDto.optional().describe('Of what is done with a plan: the plan as it is now'),
    last_event_id: z.string().describe('The cursor before this input: read on from here'),
  })
  .meta({ id: 'Accepted', description: 'The input is stored' });

export const toAcceptedDto = ({
  run,
  message,
  approval,
  plan,
  lastEventId,
}: Accepted): z.infer<typeof AcceptedDto> => ({
  run: run && toRunView(run, lastEventId),
  ...(message && { message: toMessageView(message) }),
  ...(approval && { approval: toApprovalView(approval) }),
  ...(plan && { plan: toPlanRecordView(plan) }),
  last_event_id: String(lastEventId),
});
