import { z } from 'zod';
import { toCheckpointView } from '../application/checkpoint-view.js';
import { ShownContext } from '../application/show-context.js';
import { CheckpointDto } from './checkpoint.dto.js';

export const ContextDto = z
  .object({
    model: z.string().describe('The model that answers next'),
    context_window: z.int().describe('How many tokens it takes, its answer included'),
    tokens: z
      .int()
      .describe(
        'Of the next request: what the provider has told of the last one, and what came since, estimated',
      ),
    parts: z
      .object({
        system: z.int().describe('The prompt of the agent'),
        tools: z.int().describe('Their descriptions'),
        instructions: z.int().describe('What is told before the conversation'),
        checkpoint: z.int(),
        messages: z.int().describe('Those since the checkpoint'),
      })
      .describe('Estimated; their sum may differ from `tokens`'),
    checkpoint: CheckpointDto.optional().describe('What the agent is told instead of the messages before'),
  })
  .meta({
    id: 'Context',
    description: 'What the agent of a session is told next, by its size',
    example: {
      model: 'gpt-5-mini',
      context_window: 400_000,
      tokens: 31_804,
      parts: { system: 310, tools: 1_462, instructions: 0, checkpoint: 1_930, messages: 27_400 },
    },
  });

export const toContextDto = ({
  model,
  window,
  tokens,
  parts,
  checkpoint,
}: ShownContext): z.infer<typeof ContextDto> => ({
  model,
  context_window: window,
  tokens,
  parts: { ...parts },
  ...(checkpoint && { checkpoint: toCheckpointView(checkpoint) }),
});
