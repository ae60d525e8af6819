import { z } from 'zod';
import { eventDto } from '../../../shared/api/event.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { TOOL_CALL_ENDS } from '../domain/tool-call.states.js';

const CALL_ID = '0198c6a2-2b1c-7d4e-8a3f-1c2d3e4f5a6b';

export const TOOL_CALL_EVENTS = [
  eventDto(
    'tool_call.requested',
    'Execute this now, and answer with `tool_result` before the deadline',
    z.object({
      call_id: z.string(),
      tool_name: z.string(),
      arguments: z.record(z.string(), JsonDto),
      agent: z.string(),
      subtask_id: z.string().optional().describe('The subtask of a plan it belongs to'),
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
  eventDto(
    'tool_call.settled',
    'A tool call has ended',
    z.object({ call_id: z.string(), tool_name: z.string(), status: z.enum(TOOL_CALL_ENDS) }),
    { call_id: CALL_ID, tool_name: 'read_file', status: 'completed' },
  ),
] as const;
