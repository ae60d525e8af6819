import { z } from 'zod';

/** The fields of `tokenUsageView`. */
export const TOKEN_USAGE = {
  prompt_tokens: z.int(),
  completion_tokens: z.int().describe('With those of reasoning'),
  cached_tokens: z
    .int()
    .describe('Of the prompt: what the provider has read from its cache, as far as it tells'),
  reasoning_tokens: z
    .int()
    .describe('Of the completion: what the model has reasoned, as far as the provider tells'),
  cost_micros: z
    .int()
    .nullable()
    .describe('In millionths of the currency of the prices at that time; null = the model has no prices'),
  estimated: z
    .boolean()
    .describe('Whether some of it is estimated: an answer was cut off before the provider told'),
};

export const UNKNOWN_CALLS = z
  .int()
  .describe('Of `model_calls`: those whose process died before it knew what they have used');

export const CALL_USAGE_EXAMPLE = {
  ...{ model_calls: 2, prompt_tokens: 801, completion_tokens: 64, cached_tokens: 256, reasoning_tokens: 8 },
  ...{ cost_micros: 585, estimated: false, total_tokens: 865 },
};

/** That of `callUsageView`. */
export const CallUsageDto = z
  .object({
    model_calls: z.int(),
    ...TOKEN_USAGE,
    total_tokens: z.int(),
  })
  .meta({ id: 'Usage', description: 'What calls of models have used together', example: CALL_USAGE_EXAMPLE });
