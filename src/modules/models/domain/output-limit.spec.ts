import { describe, expect, it } from 'vitest';
import { outputLimit } from './output-limit.js';

describe('the limit of an answer', () => {
  it.each([
    ['that of the model', 100_000, 8_000, 50_000, 8_000],
    ['what the request leaves of the context, less a margin', 100_000, 8_000, 90_000, 5_000],
    ['so for a model whose output is its context', 100_000, 100_000, 0, 95_000],
    ['a thousand at least, as the provider judges the request', 100_000, 8_000, 99_000, 1_000],
    ['never more than that of the model', 100_000, 500, 200_000, 500],
  ])('is %s', (_, context, output, request, limit) => {
    expect(outputLimit({ context, output }, request)).toBe(limit);
  });
});
