import { z } from 'zod';
import { listOf } from '../../../shared/api/list.dto.js';
import { Agent } from '../domain/agent.js';

export const AgentDto = z
  .object({
    id: z.string(),
    version: z.string(),
    description: z.string(),
    tools: z.array(z.string()),
  })
  .meta({
    id: 'Agent',
    description: 'A named role with prompt, tools and limits',
    example: {
      id: 'ask',
      version: '1.0.0',
      description: 'Explains code and concepts; changes nothing.',
      tools: [
        'read_file',
        'list_files',
        'search_in_code',
        'read_result',
        'ask_followup_question',
        'switch_agent',
      ],
    },
  });

export const AgentListDto = listOf(AgentDto, 'AgentList');

export const toAgentDto = ({ id, version, description, tools }: Agent): z.infer<typeof AgentDto> => ({
  id,
  version,
  description,
  tools: [...tools],
});
