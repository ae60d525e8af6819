import { z } from 'zod';
import { ClientIdDto } from '../../../shared/api/client-id.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { PageQueryDto, listOf } from '../../../shared/api/list.dto.js';
import { TOOL_SOURCES } from '../../../shared/domain/tool-source.js';
import { ToolCallState } from '../domain/tool-call-state.js';
import { TOOL_CALL_STATUSES } from '../domain/tool-call.states.js';

const CLIENT_ID = '5f0f6a52-7d0c-4a55-9b7e-2f1b6f1c9f34';

export const ClaimDto = z
  .strictObject({
    client_id: ClientIdDto,
    lease_seconds: z
      .int()
      .min(5)
      .max(300)
      .default(60)
      .describe('How long the claim holds unless it is renewed: renew it after a third of that'),
  })
  .meta({ id: 'Claim', example: { client_id: CLIENT_ID, lease_seconds: 60 } });

export type ClaimDto = z.infer<typeof ClaimDto>;

export const ReleaseDto = z
  .strictObject({ client_id: ClientIdDto })
  .meta({ id: 'Release', example: { client_id: CLIENT_ID } });

export type ReleaseDto = z.infer<typeof ReleaseDto>;

export const OpenToolCallDto = z
  .object({
    call_id: z.string(),
    session_id: z.string(),
    run_id: z.string(),
    tool_name: z.string(),
    source: z.enum(TOOL_SOURCES).describe('Whether the tool is built in, or a client has declared it'),
    arguments: JsonDto.describe('Those to execute'),
    agent: z.string(),
    subtask_id: z.string().optional().describe('The subtask of a plan it belongs to'),
    status: z.enum(TOOL_CALL_STATUSES),
    deadline_at: z.string().nullable().describe('Null before it is requested. No claim moves it'),
    attempt: z.int().describe('1, plus one for each claim that has ended without an answer'),
    client_id: z.string().nullable().describe('The client that executes it; null = none holds a claim'),
    claim_expires_at: z.string().nullable().describe('When its claim lapses unless it is renewed'),
  })
  .meta({
    id: 'OpenToolCall',
    description: 'A tool call that is not settled, and who executes it',
    example: {
      call_id: '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b',
      session_id: '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50',
      run_id: '0198c6a2-1f7d-7b11-a0c4-6e5d4c3b2a19',
      tool_name: 'read_file',
      source: 'builtin',
      arguments: { path: 'hello.txt' },
      agent: 'coder',
      status: 'requested',
      deadline_at: '2026-11-20T11:15:00.000Z',
      attempt: 1,
      client_id: CLIENT_ID,
      claim_expires_at: '2026-11-20T10:16:00.000Z',
    },
  });

export const OpenToolCallListDto = listOf(OpenToolCallDto, 'OpenToolCallList');

export const ToolCallQueryDto = PageQueryDto.extend({
  status: z.literal('open').default('open').describe('Those that are not settled'),
});

export type ToolCallQueryDto = z.infer<typeof ToolCallQueryDto>;

export const toOpenToolCallDto = (call: ToolCallState): z.infer<typeof OpenToolCallDto> => ({
  call_id: call.id,
  session_id: call.sessionId,
  run_id: call.runId,
  tool_name: call.toolName,
  source: call.source,
  arguments: call.arguments,
  agent: call.agent,
  ...(call.subtaskId && { subtask_id: call.subtaskId }),
  status: call.status,
  deadline_at: call.deadlineAt?.toISOString() ?? null,
  attempt: call.attempt,
  client_id: call.claimExpiresAt && call.claimedBy,
  claim_expires_at: call.claimExpiresAt?.toISOString() ?? null,
});
