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
