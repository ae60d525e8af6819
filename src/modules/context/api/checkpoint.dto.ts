import { z } from 'zod';
import { humanText } from '../../../shared/api/human-text.dto.js';
import { CHECKPOINT_KINDS, CHECKPOINT_REASONS, CheckpointView } from '../application/checkpoint-view.js';

const MAX_CONTENT = 100_000;
const MAX_INSTRUCTIONS = 4_000;

export const CheckpointReasonDto = z
  .enum(CHECKPOINT_REASONS)
  .describe(
    'The context has grown too large for its model, the provider has refused it, a user has asked, or has edited it',
  );

export const CheckpointDto: z.ZodType<CheckpointView> = z
  .object({
    id: z.string(),
    kind: z.enum(CHECKPOINT_KINDS).describe('By the runtime, or by a user'),
    reason: CheckpointReasonDto,
    content: z.string(),
    tokens: z.int().describe('Of the content, estimated'),
    based_on: z.string().nullable().describe('The checkpoint that it replaces; null for the first'),
    covers_up_to: z
      .int()
      .describe(
        'It stands for the messages of the main history among this many of the session, from the first',
      ),
    created_at: z.string(),
  })
  .meta({
    id: 'Checkpoint',
    description: 'What an agent is told instead of old messages',
    example: {
      id: '0198c6b0-0c11-7a52-8e43-1f2a3b4c5d60',
      kind: 'edited',
      reason: 'edit',
      content: '## Goal\nRename foo to bar in all of src/.',
      tokens: 13,
      based_on: '0198c6a9-2b41-7d16-9c02-5e6f7a8b9c10',
      covers_up_to: 214,
      created_at: '2026-11-20T10:15:00.000Z',
    },
  });

export const EditCheckpointDto = z
  .strictObject({
    content: humanText(MAX_CONTENT).describe('What the agent is told from the next run on'),
    based_on: z
      .guid('must be the id of a checkpoint, or null')
      .toLowerCase()
      .nullable()
      .describe(
        'The checkpoint that you had before you, null = none: where another one is the newest by now, 409',
      ),
  })
  .meta({
    id: 'EditCheckpoint',
    example: {
      content: '## Goal\nRename foo to bar in all of src/.',
      based_on: '0198c6a9-2b41-7d16-9c02-5e6f7a8b9c10',
    },
  });

export type EditCheckpointDto = z.infer<typeof EditCheckpointDto>;

export const CompactDto = z
  .strictObject({
    instructions: humanText(MAX_INSTRUCTIONS).optional().describe('What the checkpoint shall heed'),
  })
  .optional()
  .meta({
    id: 'Compact',
    description: 'May be left out',
    example: { instructions: 'Keep the figures of the benchmark' },
  });

export type CompactDto = z.infer<typeof CompactDto>;
