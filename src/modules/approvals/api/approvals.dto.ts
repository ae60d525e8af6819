import { z } from 'zod';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { RememberWhenDto } from './permissions.dto.js';
import { APPROVAL_KINDS, APPROVAL_STATUSES, DECISIONS } from '../domain/approval.states.js';

const argumentsDto = z.record(z.string(), JsonDto);

/** What the client checks before it changes a file. */
export const FILE_GUARD = {
  expected_hash: z
    .string()
    .nullable()
    .optional()
    .describe(
      'The hash that the file must have: with another one answer `edit.stale`. Null: it must not be there, else answer `file.exists`. Only in sessions that say `file_hashes`',
    ),
  after: z
    .string()
    .optional()
    .describe(
      'A call of the same reply that changes the file: execute this one after it, with the hash it brought',
    ),
};

export const APPROVAL_EXAMPLE = {
  id: '0198c6a2-2b1d-7a10-9c2e-7f6e5d4c3b2a',
  session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
  run_id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
  kind: 'tool_call' as const,
  call_id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b',
  tool_name: 'write_file',
  subject: 'write_file hello.txt',
  arguments: { path: 'hello.txt', content: 'Hello' },
  reason: 'It changes a file',
  status: 'pending' as const,
  created_at: '2026-11-20T10:15:00.000Z',
  expires_at: '2026-11-21T10:15:00.000Z',
  decision: null,
  decided_by: null,
  decided_at: null,
  feedback: null,
  suggestions: [],
  remember: false,
};

export const ApprovalDto = z
  .object({
    id: z.string(),
    session_id: z.string(),
    run_id: z.string(),
    kind: z.enum(APPROVAL_KINDS),
    call_id: z.string().optional().describe('Of a tool call'),
    tool_name: z.string().optional().describe('Of a tool call'),
    attempt: z
      .int()
      .optional()
      .describe(
        'From 2 on: whether the call may be executed again, since a client that has lost its claim may have begun it',
      ),
    plan_id: z.string().optional().describe('Of a plan'),
    subject: z.string().describe('One line that says what is asked'),
    arguments: argumentsDto.optional().describe('Of a tool call, as the model wishes it'),
    ...FILE_GUARD,
    reason: z.string().describe('Why it is asked'),
    status: z.enum(APPROVAL_STATUSES),
    created_at: z.string(),
    expires_at: z.string().describe('Then it counts as rejected, with the feedback `expired`'),
    decision: z.enum(DECISIONS).nullable(),
    decided_by: z.string().nullable().describe('The user, or `runtime` where the deadline passed'),
    decided_at: z.string().nullable(),
    feedback: z.string().nullable(),
    modified_arguments: argumentsDto.optional().describe('Those that were executed, where they were edited'),
    suggestions: z
      .array(RememberWhenDto)
      .optional()
      .describe('Of a tool call: patterns that may be sent as `remember_when`'),
    remember: z.boolean().describe('The same command or path needs no further approval in this session'),
    remember_when: RememberWhenDto.optional().describe('Such calls need no further approval in this session'),
  })
  .meta({
    id: 'Approval',
    description: 'A question to the human about a tool call or a plan; decided once',
    example: APPROVAL_EXAMPLE,
  });

export const ApprovalListDto = listOf(ApprovalDto, 'ApprovalList');

export const ApprovalQueryDto = PageQueryDto.extend({
  status: z.enum(APPROVAL_STATUSES).optional().describe('`pending`: what waits for an answer'),
});

export type ApprovalQueryDto = z.infer<typeof ApprovalQueryDto>;
