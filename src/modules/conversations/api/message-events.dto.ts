import { z } from 'zod';
import { EXAMPLE, eventDto } from '../../../shared/api/event.dto.js';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { MessageDto, USAGE_EXAMPLE, UsageDto } from './messages.dto.js';

const MESSAGE_ID = '0198c6a2-1f7e-7c3a-9d55-0b8a4f3e2d10';

const messageId = z.string();
/** The thread of a message outside the main history. */
const THREAD = {
  subtask_id: z.string().optional().describe('The subtask of a plan it belongs to'),
  job_id: z.string().optional().describe('The job it belongs to'),
};

export const MESSAGE_EVENTS = [
  eventDto(
    'message.created',
    'A message that is whole from the start: the user’s, a tool’s, the system’s',
    z.object({
      message: MessageDto,
      steer_ids: z
        .array(z.string())
        .optional()
        .describe('What was said to a run at work, of which the message consists'),
    }),
    {
      message: {
        id: MESSAGE_ID,
        session_id: EXAMPLE.session_id,
        run_id: EXAMPLE.run_id,
        subtask_id: null,
        job_id: null,
        role: 'user',
        agent: null,
        content: 'What is a lease?',
        reasoning: null,
        tool_calls: [],
        call_id: null,
        call_status: null,
        suggestions: null,
        finish_reason: null,
        usage: null,
        created_at: EXAMPLE.created_at,
      },
    },
  ),
  eventDto(
    'message.started',
    'An agent begins to speak',
    z.object({ message_id: messageId, agent: z.string(), ...THREAD }),
    { message_id: MESSAGE_ID, agent: 'ask' },
  ),
  eventDto(
    'message.delta',
    'A piece of what it says; `offset`: where in the message it begins, in UTF-16 units',
    z.object({ message_id: messageId, offset: z.int(), text: z.string() }),
    { message_id: MESSAGE_ID, offset: 0, text: 'A lease is ' },
  ),
  eventDto(
    'message.reasoning_delta',
    'A piece of what the model reasons; `offset`: where in the reasoning it begins, in UTF-16 units',
    z.object({ message_id: messageId, offset: z.int(), text: z.string() }),
    { message_id: MESSAGE_ID, offset: 0, text: 'The question is ' },
  ),
  eventDto(
    'message.completed',
    'The whole message; its content and reasoning replace all deltas',
    z.object({
      message_id: messageId,
      agent: z.string(),
      ...THREAD,
      content: z.string(),
      reasoning: z.string().optional().describe('What the model has reasoned, where it shows that'),
      tool_calls: z
        .array(z.object({ call_id: z.string(), tool_name: z.string(), arguments: JsonDto }))
        .describe('For showing; a call is executed on `tool_call.requested` only'),
      suggestions: z.array(z.string()).optional(),
      finish_reason: z.string(),
      usage: UsageDto,
    }),
    {
      message_id: MESSAGE_ID,
      agent: 'ask',
      content: 'A lease is a lock that ends by itself.',
      reasoning: 'The question is about locks.',
      tool_calls: [],
      finish_reason: 'stop',
      usage: USAGE_EXAMPLE,
    },
  ),
  eventDto(
    'message.discarded',
    'Forget the deltas of this message: it will not be completed',
    z.object({ message_id: messageId, reason: z.string() }),
    { message_id: MESSAGE_ID, reason: 'model.stream_cut' },
  ),
] as const;
