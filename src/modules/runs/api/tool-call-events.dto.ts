import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { TOOL_SOURCES } from '../../../shared/domain/tool-source.js';
import { FILE_GUARD } from '../../approvals/index.js';
import { TOOL_CALL_ENDS } from '../domain/tool-call.states.js';

const CALL_ID = '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b';

const SOURCE = z
  .enum(TOOL_SOURCES)
  .optional()
  .describe('Whether the tool is built in, or a client has declared it; unset = built in');

export const TOOL_CALL_EVENTS = [
  eventDto(
    'tool_call.drafted',
    'The model has begun to write a call; how it goes on is told by `message.completed`',
    z.object({
      call_id: z.string().describe('As in `message.completed`, if the call is there'),
      tool_name: z.string().describe('As the model writes it, up to 100 characters'),
      message_id: z.string(),
    }),
    { call_id: CALL_ID, tool_name: 'write_file', message_id: '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10' },
  ),
  eventDto(
    'tool_call.requested',
    'Execute this now, and answer with `tool_result` before the deadline',
    z.object({
      call_id: z.string(),
      tool_name: z.string(),
      source: SOURCE,
      arguments: z.record(z.string(), JsonDto),
      agent: z.string(),
      subtask_id: z.string().optional().describe('The subtask of a plan it belongs to'),
      ...FILE_GUARD,
      deadline_at: z.string().nullable(),
    }),
    {
      call_id: CALL_ID,
      tool_name: 'read_file',
      source: 'builtin',
      arguments: { path: 'hello.txt' },
      agent: 'coder',
      deadline_at: '2026-11-20T11:15:00.000Z',
    },
  ),
  eventDto(
    'tool_call.claimed',
    'A client executes this call: the others do not',
    z.object({ call_id: z.string(), client_id: z.string() }),
    { call_id: CALL_ID, client_id: '5f0f6a52-7d0c-4a55-9b7e-2f1b6f1c9f34' },
  ),
  eventDto(
    'tool_call.released',
    'A client that had claimed this call does not hold it any more, and another one may claim it',
    z.object({
      call_id: z.string(),
      attempt: z.int().describe('The execution that comes next: 2 after the first claim'),
      needs_approval: z
        .boolean()
        .describe('The human is asked first; after an approval this event comes again, with false'),
    }),
    { call_id: CALL_ID, attempt: 2, needs_approval: false },
  ),
  eventDto(
    'tool_call.settled',
    'A tool call has ended',
    z.object({
      call_id: z.string(),
      tool_name: z.string(),
      source: SOURCE,
      status: z.enum(TOOL_CALL_ENDS),
    }),
    { call_id: CALL_ID, tool_name: 'read_file', source: 'builtin', status: 'completed' },
  ),
] as const;
