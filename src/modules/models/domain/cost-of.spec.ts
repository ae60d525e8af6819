import { describe, expect, it } from 'vitest';
import { costOf } from './cost-of.js';
import { ModelCost } from './model.js';

const PRICES: ModelCost = { input: 2, output: 10, cacheRead: 0.5, cacheWrite: 3 };
const CALL = { promptTokens: 1000, completionTokens: 100, cachedTokens: 600, cacheWriteTokens: 300 };

describe('the cost of a call', () => {
  it.each<[string, ModelCost | null, Partial<typeof CALL>, number | null]>([
    ['each part by its price', PRICES, {}, 100 * 2 + 600 * 0.5 + 300 * 3 + 100 * 10],
    [
      'the cache as the rest of the prompt, without prices',
      { ...PRICES, cacheRead: null, cacheWrite: null },
      {},
      3000,
    ],
    [
      'nothing for nothing',
      PRICES,
      { promptTokens: 0, completionTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 },
      0,
    ],
    ['free models', { input: 0, output: 0, cacheRead: null, cacheWrite: null }, {}, 0],
    ['fractions, rounded', { ...PRICES, cacheRead: 0.0127 }, {}, 2108],
    ['nothing that is known, without prices', null, {}, null],
  ])('counts %s', (_, prices, usage, cost) => {
    expect(costOf({ ...CALL, ...usage }, prices)).toBe(cost);
  });
});
