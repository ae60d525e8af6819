import { z } from 'zod';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { listOf } from '../../../shared/api/list.dto.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { TOOL_EFFECTS } from '../../../shared/domain/tool-effect.js';
import { isVisible } from '../../../shared/domain/visible-text.js';
import { ToolListView } from '../domain/tool-list-view.js';

const MOST_TOOLS = 64;
const LONGEST_TTL = 86_400;

const parameters: z.ZodType<JsonObject> = z.record(z.string(), JsonDto);

const TOOL = {
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'must be a letter and up to 63 of A-Z, a-z, 0-9, _ and -')
    .describe('A tool of an MCP server is `mcp__SERVER__TOOL`'),
  description: z
    .string()
    .max(4000)
    .refine(isVisible, 'must have a visible character')
    .describe('For the model: what it does, and when to call it'),
  parameters: parameters.describe(
    'JSON Schema (2020-12, or draft 7 by `$schema`) of an object: 32 KB, 16 schemas deep, without `pattern`, and with `$ref` within it only',
  ),
  effect: z
    .enum(TOOL_EFFECTS)
    .default('execute')
    .describe('What it may do to the workspace, as you claim: people are asked in any case'),
  timeout_seconds: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe('For the answer to a call; unset = that of the server'),
  agents: z
    .array(z.string().min(1).max(64))
    .max(100)
    .optional()
    .describe('The agents that may call it, of those that take tools of clients; unset = all of them'),
};

const LOOK_UP = {
  name: 'mcp__tickets__look_up',
  description: 'Reads a ticket by its number',
  parameters: { type: 'object', properties: { number: { type: 'integer' } }, required: ['number'] },
  effect: 'read' as const,
};

export const DeclareToolsDto = z
  .strictObject({
    tools: z.array(z.strictObject(TOOL)).max(MOST_TOOLS).describe('All of this client'),
    ttl_seconds: z
      .int()
      .min(10)
      .max(LONGEST_TTL)
      .describe('Declare them again before: from then on they are not available'),
  })
  .meta({ id: 'DeclareTools', example: { tools: [LOOK_UP], ttl_seconds: 300 } });

export type DeclareToolsDto = z.infer<typeof DeclareToolsDto>;

export const ToolListDto: z.ZodType<ToolListView> = z
  .object({
    client_id: z.string(),
    ttl_seconds: z.int(),
    expires_at: z.string(),
    tools: z.array(
      z.object({
        ...TOOL,
        parameters: z.record(z.string(), JsonDto),
        effect: z.enum(TOOL_EFFECTS),
        refused: z
          .object({ model: z.string(), at: z.string() })
          .optional()
          .describe('The provider of this model does not take it: no agent is shown it from then on'),
      }),
    ),
  })
  .meta({
    id: 'ToolList',
    description: 'The tools of one client in a session',
    example: {
      client_id: 'vscode-7f3a',
      ttl_seconds: 300,
      expires_at: '2026-11-20T11:15:00.000Z',
      tools: [LOOK_UP],
    },
  });

export const ToolListsDto = listOf(ToolListDto, 'ToolLists');
