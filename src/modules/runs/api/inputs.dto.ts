import { z } from 'zod';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { MessageDto, toMessageView } from '../../conversations/index.js';
import { Accepted } from '../application/accepted.js';
import { toRunView } from '../application/run-view.js';
import { RunDto } from './runs.dto.js';

const MAX_CONTENT = 100_000;

const UserMessageDto = z
  .strictObject({
    type: z.literal('user_message'),
    content: z.string().min(1).max(MAX_CONTENT),
    agent: z
      .string()
      .max(100)
      .optional()
      .describe(
        'Who shall answer, from now on; `auto` (default): whom the user chose before, or else the runtime decides',
      ),
    on_busy: z.literal('reject').optional().describe('While a run is active the message is refused'),
  })
  .meta({ id: 'UserMessage', example: { type: 'user_message', content: 'Add a greeting to hello.txt' } });

const ToolResultDto = z
  .strictObject({
    type: z.literal('tool_result'),
    call_id: z.string().max(100),
    result: JsonDto.optional().describe('What the tool answered: text, or any JSON'),
    error: z.string().max(MAX_CONTENT).optional().describe('Why the tool could not do it'),
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
    reason: z.string().min(1).max(1000).optional(),
  })
  .meta({ id: 'SwitchAgent', example: { type: 'switch_agent', agent: 'debug', reason: 'the tests fail' } });

export const InputDto = z
  .discriminatedUnion('type', [UserMessageDto, ToolResultDto, SwitchAgentDto], {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'must be user_message, tool_result or switch_agent' : undefined,
  })
  .meta({ id: 'Input', description: 'What a client tells a session' });

export type InputDto = z.infer<typeof InputDto>;

export const AcceptedDto = z
  .object({
    run: RunDto.nullable().describe('Null where the input sets no run in motion'),
    message: MessageDto.optional(),
    last_event_id: z.string().describe('The cursor before this input: read on from here'),
  })
  .meta({ id: 'Accepted', description: 'The input is stored' });

export const toAcceptedDto = ({ run, message, lastEventId }: Accepted): z.infer<typeof AcceptedDto> => ({
  run: run && toRunView(run),
  ...(message && { message: toMessageView(message) }),
  last_event_id: String(lastEventId),
});
