import { describe, expect, it } from 'vitest';
import { NO_USAGE, StoredUsage, sumOfUsage, tokenUsageView } from './token-usage.js';

const CALL = {
  ...{ promptTokens: 10, completionTokens: 4, cachedTokens: 6, reasoningTokens: 3 },
  ...{ costMicros: 50, estimated: false },
};
/** As the release before has stored it. */
const OLD: StoredUsage = { promptTokens: 1, completionTokens: 2 };

describe('the usage of model calls', () => {
  it.each<[string, StoredUsage | null, StoredUsage | null, object | null]>([
    [
      'each field',
      CALL,
      CALL,
      {
        ...{ promptTokens: 20, completionTokens: 8, cachedTokens: 12, reasoningTokens: 6 },
        ...{ costMicros: 100, estimated: false },
      },
    ],
    ['what is unknown as nothing', CALL, null, CALL],
    ['nothing but the unknown as unknown', null, null, null],
    ['a call without a price as one that costs nothing', CALL, { ...NO_USAGE }, CALL],
    ['calls without prices without one', OLD, OLD, { ...NO_USAGE, promptTokens: 2, completionTokens: 4 }],
    ['an estimate as an estimate', CALL, { ...NO_USAGE, estimated: true }, { ...CALL, estimated: true }],
    ['what the release before has stored', OLD, CALL, { ...CALL, promptTokens: 11, completionTokens: 6 }],
  ])('adds up %s', (_, one, other, sum) => {
    expect(sumOfUsage(one, other)).toEqual(sum);
    expect(sumOfUsage(other, one)).toEqual(sum);
  });

  it('is shown with all its fields, also where the release before has stored it', () => {
    expect(tokenUsageView(OLD)).toEqual({
      ...{ prompt_tokens: 1, completion_tokens: 2, cached_tokens: 0, reasoning_tokens: 0 },
      ...{ cost_micros: null, estimated: false },
    });
  });
});
