import { z } from 'zod';
import { ClientIdDto } from '../../../shared/api/client-id.dto.js';
import { JsonValue, isJsonObject } from '../../../shared/domain/json.js';
import { GivenAttachment } from '../../../shared/domain/message-parts.js';
import { BlobIdDto } from '../../blobs/index.js';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { ApprovalDto, toApprovalView } from '../../approvals/index.js';
import {
  Attached,
  AttachmentsDto,
  EditorDto,
  FileHashDto,
  FilePathDto,
  MessageDto,
  toAttachment,
  toEditor,
  toMessageView,
} from '../../conversations/index.js';
import { PlanRecordDto, toPlanRecordView } from '../../plans/index.js';
import { Accepted } from '../application/inputs/accepted.js';
import { ToolAnswer } from '../application/inputs/submit-tool-result.js';
import { toRunView } from '../application/run-view.js';
import { PLAN_DECISION, TOOL_DECISION } from './decisions.dto.js';
import { TOOL_ERROR_CODES } from '../domain/tool-call.states.js';
import { RunDto } from './runs.dto.js';

const MAX_CONTENT = 1_000_000;
const MAX_STEER = 16_000;
const MAX_ERROR = 100_000;
const MAX_IMAGES = 20;
/** As JSON, in bytes. */
const MAX_DISPLAY = 64 * 1024;

const NOT_CHOSEN = 'cannot be chosen with on_busy: steer';
const NOT_STEERED = 'cannot be sent with on_busy: steer';

const UserMessageDto = z
  .strictObject({
    type: z.literal('user_message'),
    content: humanText(MAX_CONTENT),
    attachments: AttachmentsDto.optional().describe(
      'What the user attached: nothing is that the client does not send',
    ),
    editor: EditorDto.optional(),
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
      .enum(['reject', 'queue', 'interrupt', 'steer'])
      .default('reject')
      .describe(
        'While a run is active the message is refused, waits for its turn, cancels that run and follows it, or is told to its agent before that goes on',
      ),
    expected_run_id: z
      .string()
      .max(100)
      .optional()
      .describe('With `on_busy: "steer"`: the message is refused unless this run is the active one'),
  })
  .superRefine(({ content, agent = 'auto', on_busy: onBusy, ...message }, context) => {
    const refuse = (field: string, fault: string) =>
      context.addIssue({ code: 'custom', path: [field], message: fault });
    if (onBusy !== 'steer') {
      if (message.expected_run_id !== undefined) refuse('expected_run_id', 'goes with on_busy: steer only');
      return;
    }
    if (content.length > MAX_STEER)
      refuse('content', `must have at most ${MAX_STEER} characters with on_busy: steer`);
    if (message.attachments !== undefined) refuse('attachments', NOT_STEERED);
    if (message.editor !== undefined) refuse('editor', NOT_STEERED);
    // It goes to the agent and the model that are at work.
    if (agent !== 'auto') refuse('agent', NOT_CHOSEN);
    if (message.model !== undefined) refuse('model', NOT_CHOSEN);
    if (message.reasoning_effort !== undefined) refuse('reasoning_effort', NOT_CHOSEN);
  })
  .meta({ id: 'UserMessage', example: { type: 'user_message', content: 'Add a greeting to hello.txt' } });

/** The model must not be told other numbers than the client sent: JavaScript cannot represent all of them. */
function isExact(value: JsonValue | undefined): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}

const sizeOf = (value: JsonValue): number => Buffer.byteLength(JSON.stringify(value));

const MENDED = 'NUL and halves of surrogate pairs are replaced by U+FFFD, and the model is told';

const FileDto = z.strictObject({ path: FilePathDto, hash: FileHashDto });

const MAX_CONTENT_PARTS = 100;

const TextPartDto = z
  .strictObject({ type: z.literal('text'), text: z.string() })
  .meta({ id: 'TextPart', description: 'Text of an answer' });
const ImagePartDto = z
  .strictObject({ type: z.literal('image'), blob_id: BlobIdDto })
  .meta({ id: 'ImagePart', description: 'An image in an answer' });

const ToolContentDto = z
  .array(
    z
      .discriminatedUnion('type', [TextPartDto, ImagePartDto])
      .meta({ id: 'ToolContent', description: 'A part of what a tool answered' }),
  )
  .min(1)
  .max(MAX_CONTENT_PARTS)
  .refine((parts) => parts.filter(({ type }) => type === 'image').length <= MAX_IMAGES, {
    message: `must have at most ${MAX_IMAGES} images`,
  });

const ToolResultDto = z
  .strictObject({
    type: z.literal('tool_result'),
    call_id: z.string().max(100),
    client_id: ClientIdDto.optional().describe('Needed where the call is claimed: that of the claim'),
    result: JsonDto.optional().describe(`What the tool answered: text, or any JSON. ${MENDED}`),
    content: ToolContentDto.optional().describe(
      `Instead of \`result\`: text and images, in their order. ${MENDED}`,
    ),
    file: FileDto.optional().describe(
      'Beside `result`: the file that was read or written, as it is now. Only in sessions that say `file_hashes`',
    ),
    error: z.string().max(MAX_ERROR).optional().describe(`Why the tool could not do it. ${MENDED}`),
    error_code: z.enum(TOOL_ERROR_CODES).optional().describe('Beside `error`: what kind of error it is'),
    display: JsonDto.optional().describe(
      'What clients show of the answer, such as a diff; up to 64 KB as JSON. No model reads it',
    ),
  })
  .refine(({ display }) => display === undefined || sizeOf(display) <= MAX_DISPLAY, {
    message: 'must have at most 64 KB as JSON',
    path: ['display'],
  })
  .refine(({ file, error }) => file === undefined || error === undefined, {
    message: 'goes with a result only',
    path: ['file'],
  })
  .refine(({ error_code: code, error }) => code === undefined || error !== undefined, {
    message: 'goes with an error only',
    path: ['error_code'],
  })
  .refine(({ result }) => isExact(result), {
    message: 'holds a whole number beyond 2^53, which JSON does not carry exactly: send it as text',
    path: ['result'],
  })
  .refine(
    ({ result, content, error }) =>
      [result, content, error].filter((each) => each !== undefined).length === 1,
    {
      message: 'exactly one of result, content and error is needed',
      path: ['result'],
    },
  )
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
  isToolResult(body) ? ['result', 'content', 'error', 'display'] : [];

/** The routes of InputsController, as a path may name them. */
export const takesToolResults = (path: string): boolean =>
  /^\/v1\/sessions\/[^/]+\/messages(\/stream)?\/?$/i.test(path);

/** The result of a tool is as large as what it read; the other inputs are written by people. */
export const mayBeLarge = (body: unknown): boolean => isToolResult(body);

const isToolResult = (body: unknown): boolean => isJsonObject(body) && body['type'] === 'tool_result';

export type InputDto = z.infer<typeof InputDto>;

export const toAttached = ({
  attachments,
  editor,
}: z.infer<typeof UserMessageDto>): Attached<GivenAttachment> => ({
  attachments: attachments?.map(toAttachment),
  editor: editor && toEditor(editor),
});

export const toToolAnswer = (given: z.infer<typeof ToolResultDto>): ToolAnswer => {
  const { result = null, content, file, error, error_code: code, display } = given;
  const shown = display !== undefined && { display };
  if (error !== undefined) return { error, ...(code && { error_code: code }), ...shown };
  return { ...(content ? { content } : { result }), ...(file && { file }), ...shown };
};

export const AcceptedDto = z
  .object({
    run: RunDto.nullable().describe('Null if the input starts no run'),
    message: MessageDto.optional(),
    steer: z
      .object({ id: z.string() })
      .optional()
      .describe('Of a message that waits for the active run: `run` is that one'),
    approval: ApprovalDto.optional().describe('Of a decision: the question as it is now'),
    plan: PlanRecordDto.optional().describe('Of what is done with a plan: the plan as it is now'),
    last_event_id: z.string().describe('The cursor before this input: read on from here'),
  })
  .meta({ id: 'Accepted', description: 'The input is stored' });

export const toAcceptedDto = ({
  run,
  message,
  steerId,
  approval,
  plan,
  lastEventId,
}: Accepted): z.infer<typeof AcceptedDto> => ({
  run: run && toRunView(run, lastEventId),
  ...(message && { message: toMessageView(message) }),
  ...(steerId !== undefined && { steer: { id: steerId } }),
  ...(approval && { approval: toApprovalView(approval) }),
  ...(plan && { plan: toPlanRecordView(plan) }),
  last_event_id: String(lastEventId),
});
