import { describe, expect, it } from 'vitest';
import { readChunk } from './openai-chunk.js';
import { ResponsesEvents } from './responses-events.js';

const inChat = (usage: object) => readChunk({ choices: [], usage }).usage;
const inResponses = (usage: object) =>
  new ResponsesEvents().read({ object: 'response', status: 'completed', usage }).usage;

const TOLD = { prompt_tokens: 100, completion_tokens: 40 };
const IS = {
  ...{ promptTokens: 100, completionTokens: 40, cachedTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 },
  ...{ costMicros: null, estimated: false },
};

describe('the usage that a provider tells', () => {
  it.each<[string, object, object | null]>([
    ['no more than the tokens', {}, {}],
    [
      'OpenAI’s details',
      { prompt_tokens_details: { cached_tokens: 60 }, completion_tokens_details: { reasoning_tokens: 30 } },
      { cachedTokens: 60, reasoningTokens: 30 },
    ],
    [
      'OpenRouter’s cache',
      { prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 } },
      { cachedTokens: 60, cacheWriteTokens: 20 },
    ],
    ['DeepSeek’s cache', { prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 }, { cachedTokens: 64 }],
    ['Kimi’s cache', { cached_tokens: 64 }, { cachedTokens: 64 }],
    ['Mistral’s cache', { num_cached_tokens: 64 }, { cachedTokens: 64 }],
    [
      'the cache of Anthropic behind LiteLLM',
      { cache_read_input_tokens: 50, cache_creation_input_tokens: 25 },
      { cachedTokens: 50, cacheWriteTokens: 25 },
    ],
    ['SGLang’s reasoning', { prompt_tokens_details: null, reasoning_tokens: 4 }, { reasoningTokens: 4 }],
    [
      'xAI’s reasoning, beside the completion',
      { total_tokens: 200, completion_tokens_details: { reasoning_tokens: 60 } },
      { completionTokens: 100, reasoningTokens: 60 },
    ],
    [
      'Gemini’s reasoning, in the total only',
      { total_tokens: 200 },
      { completionTokens: 100, reasoningTokens: 60 },
    ],
    [
      'a total of something else',
      { total_tokens: 200, completion_tokens_details: { reasoning_tokens: 10 } },
      { reasoningTokens: 10 },
    ],
    ['a total that is too small', { total_tokens: 1 }, {}],
    [
      'details beyond the whole',
      { cached_tokens: 1000, cache_creation_input_tokens: 1000, reasoning_tokens: 1000 },
      { cachedTokens: 100, reasoningTokens: 40 },
    ],
    [
      'details that are no counts',
      {
        prompt_tokens_details: { cached_tokens: -1 },
        cached_tokens: '7',
        reasoning_tokens: 1e300,
        total_tokens: {},
      },
      {},
    ],
    ['no tokens', { prompt_tokens: null }, null],
  ])('is read with %s', (_, more, is) => {
    expect(inChat({ ...TOLD, ...more })).toEqual(is && { ...IS, ...is });
  });

  it.each<[string, object, object]>([
    ['no more than the tokens', {}, {}],
    [
      'details',
      { input_tokens_details: { cached_tokens: 60 }, output_tokens_details: { reasoning_tokens: 30 } },
      { cachedTokens: 60, reasoningTokens: 30 },
    ],
    ['a total, which says nothing more', { total_tokens: 200 }, {}],
  ])('of the Responses API is read with %s', (_, more, is) => {
    expect(inResponses({ input_tokens: 100, output_tokens: 40, ...more })).toEqual({ ...IS, ...is });
  });
});
