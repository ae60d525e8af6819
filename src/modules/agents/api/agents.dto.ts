import { z } from 'zod';
import { inDigits, listOf } from '../../../shared/api/list.dto.js';
import { AGENT_MODES, AGENT_SOURCES, AgentVersionView, AgentView } from '../domain/agent-view.js';

/** A prompt of 64 KB, and what stands before it. */
const LONGEST_DEFINITION = 96 * 1024;

const FIELDS = {
  id: z.string(),
  version: z.string().describe('A number: an agent that is changed gets the next one'),
  name: z.string().describe('For people'),
  description: z.string(),
  mode: z
    .enum(AGENT_MODES)
    .describe('Whether it talks with users, carries out subtasks of plans, both, or runs as a job only'),
  default: z.boolean().describe('Whether new sessions begin with it'),
  source: z.enum(AGENT_SOURCES).describe('Whether all users have it, or it is yours alone'),
  takes_subtasks: z.boolean().describe('Whether plans may name it'),
  tools: z.array(z.string()),
};

const ASK = {
  id: 'ask',
  version: '1',
  name: 'Ask',
  description: 'Explains code and concepts; changes nothing.',
  mode: 'primary',
  default: false,
  source: 'installation',
  takes_subtasks: true,
  tools: [
    'read_file',
    'list_files',
    'search_in_code',
    'read_result',
    'ask_followup_question',
    'switch_agent',
  ],
} as const;

export const AgentDto: z.ZodType<AgentView> = z.object(FIELDS).meta({
  id: 'Agent',
  description: 'A named role with prompt, tools and limits',
  example: ASK,
});

export const AgentListDto = listOf(AgentDto, 'AgentList');

const DEFINITION = `---
description: Reviews changes
tools: [read_file, search_in_code, attempt_completion]
---
You review changes. Name file and line of each finding.
`;

export const AgentVersionDto: z.ZodType<AgentVersionView> = z
  .object({
    ...FIELDS,
    definition: z.string().describe('The Markdown file: YAML between two lines of ---, then the prompt'),
    created_at: z.string(),
    archived_at: z
      .string()
      .nullable()
      .describe('Since when it is not the current version: a newer one took its place, or it was deleted'),
  })
  .meta({
    id: 'AgentVersion',
    description: 'A version of an agent, with its definition',
    example: {
      ...ASK,
      ...{ id: 'reviewer', name: 'Reviewer', description: 'Reviews changes', mode: 'all', source: 'user' },
      tools: ['read_file', 'search_in_code', 'attempt_completion'],
      definition: DEFINITION,
      created_at: '2026-11-20T10:15:00.000Z',
      archived_at: null,
    },
  });

export const AgentQueryDto = z.strictObject({
  version: inDigits(z.int().min(1).max(999_999_999).optional()).describe(
    'Also one of an agent that was deleted; unset = the current one',
  ),
});

export type AgentQueryDto = z.infer<typeof AgentQueryDto>;

export const SaveAgentDto = z
  .strictObject({
    definition: z
      .string()
      .min(1)
      .max(LONGEST_DEFINITION)
      .describe('The Markdown file: YAML between two lines of ---, then the prompt'),
    based_on: inDigits(z.int().min(0).max(999_999_999))
      .default(0)
      .describe('The version that you have changed, as `version` says it; 0 = the agent is new'),
  })
  .meta({ id: 'SaveAgent', example: { definition: DEFINITION, based_on: 0 } });

export type SaveAgentDto = z.infer<typeof SaveAgentDto>;
