import { z } from 'zod';
import { JsonDto } from '../../../shared/api/json.dto.js';
import { listOf } from '../../../shared/api/list.dto.js';

const MAX_PATTERN = 1000;

export const RememberWhenDto = z
  .strictObject({
    command: z
      .string()
      .min(1)
      .max(MAX_PATTERN)
      .optional()
      .describe('Whole words; `*` at the end stands for any further ones, also for none'),
    path: z
      .string()
      .min(1)
      .max(MAX_PATTERN)
      .optional()
      .describe('A glob: `*` and `?` within a name, `**` for any folders'),
  })
  .refine(({ command, path }) => (command === undefined) !== (path === undefined), {
    message: 'exactly one of command and path is needed',
  })
  .meta({
    id: 'RememberWhen',
    description: 'Which calls of the tool need no further approval',
    example: { command: 'npm test *' },
  });

export const PermissionDto = z
  .object({
    id: z.string().describe('That of the approval that it was given with'),
    tool_name: z.string(),
    arguments: z
      .record(z.string(), JsonDto)
      .describe('What was approved: the command with its `cwd`, or the path; empty = any call of the tool'),
    remember_when: RememberWhenDto.nullable().describe('Null = that command or path, word for word'),
    granted_by: z.string(),
    granted_at: z.string(),
  })
  .meta({
    id: 'Permission',
    description: 'Calls that need no further approval in a session',
    example: {
      id: '0198c6a2-2b1d-7a10-9c2e-7f6e5d4c3b2a',
      tool_name: 'execute_command',
      arguments: { command: 'npm test', cwd: 'packages/api' },
      remember_when: { command: 'npm test *' },
      granted_by: 'local',
      granted_at: '2026-11-20T10:15:04.000Z',
    },
  });

export const PermissionListDto = listOf(PermissionDto, 'PermissionList');
