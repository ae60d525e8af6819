import { describe, expect, it } from 'vitest';
import { budgetOf } from './budget.js';

const limit = (context: number, output: number | null, input: number | null = null) => ({
  context,
  input,
  output,
});

describe('the budget of a model', () => {
  it.each([
    ['the context less its output limit', limit(128_000, 16_000), 112_000],
    ['less 8,000 where that is unknown', limit(128_000, null), 120_000],
    ['less a quarter at most: of a small model …', limit(8_192, null), 6_144],
    ['… and of one whose output is its context', limit(32_768, 32_768), 24_576],
    ['less 32,000 at most', limit(1_000_000, 128_000), 968_000],
    ['what its provider takes as input, if that is less', limit(400_000, 128_000, 272_000), 272_000],
  ])('is %s', (_, given, tokens) => {
    expect(budgetOf(given).tokens).toBe(tokens);
  });

  it('is what a provider has refused, if that is less', () => {
    expect(budgetOf(limit(32_768, null), 10_000)).toEqual({
      tokens: 10_000,
      threshold: 8_000,
      goal: 6_000,
      tail: 2_500,
    });
    expect(budgetOf(limit(32_768, null), 30_000).tokens).toBe(24_768);
  });
});
