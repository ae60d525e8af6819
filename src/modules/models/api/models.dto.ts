import { z } from 'zod';
import { listOf } from '../../../shared/api/list.dto.js';
import { Model } from '../domain/model.js';

const ModelDto = z
  .object({
    id: z.string().describe('What `model` of a message or session names'),
    provider: z.string(),
    default: z.boolean().describe('Whether it answers where none is chosen'),
    available: z
      .boolean()
      .describe('False while this process does not ask its provider, after several failures'),
    limit: z
      .object({
        context: z.int().describe('Of a request and its answer together'),
        input: z.int().nullable().describe('Of a request, where that is limited further'),
        output: z.int().nullable().describe('Of an answer; null if unknown'),
      })
      .describe('In tokens'),
    assumed: z.boolean().describe('The operator has not described the model: its limit is an assumption'),
    cost: z
      .object({
        input: z.number(),
        output: z.number(),
        cache_read: z.number().nullable(),
        cache_write: z.number().nullable(),
      })
      .nullable()
      .describe('For a million tokens; null if unknown'),
    modalities: z.object({ input: z.array(z.string()), output: z.array(z.string()) }),
    reasoning: z.array(z.string()).describe('What `reasoning_effort` may name'),
    edit_tool: z.string().describe('The tool by which it edits files best'),
    first_token_timeout_seconds: z.int().nullable().describe('Null = the setting of the server'),
    fallbacks: z.array(z.string()).describe('Models that may answer in its place'),
  })
  .meta({
    id: 'Model',
    description: 'A model that agents may be answered by',
    example: {
      id: 'gpt-5-mini',
      provider: 'openai',
      default: true,
      available: true,
      limit: { context: 400_000, input: 272_000, output: 128_000 },
      assumed: false,
      cost: { input: 0.25, output: 2, cache_read: 0.025, cache_write: null },
      modalities: { input: ['text', 'image'], output: ['text'] },
      reasoning: ['minimal', 'low', 'medium', 'high'],
      edit_tool: 'apply_patch',
      first_token_timeout_seconds: null,
      fallbacks: ['claude-sonnet'],
    },
  });

export const ModelListDto = listOf(ModelDto, 'ModelList');

export const toModelDto = (
  model: Model,
  { isDefault, isAvailable }: { isDefault: boolean; isAvailable: boolean },
): z.infer<typeof ModelDto> => ({
  id: model.id,
  provider: model.provider,
  default: isDefault,
  available: isAvailable,
  limit: { ...model.limit },
  assumed: !model.isDescribed,
  cost: model.cost && {
    input: model.cost.input,
    output: model.cost.output,
    cache_read: model.cost.cacheRead,
    cache_write: model.cost.cacheWrite,
  },
  modalities: { input: [...model.modalities.input], output: [...model.modalities.output] },
  reasoning: [...model.reasoning],
  edit_tool: model.editTool,
  first_token_timeout_seconds: model.firstTokenTimeoutSeconds,
  fallbacks: [...model.fallbacks],
});
