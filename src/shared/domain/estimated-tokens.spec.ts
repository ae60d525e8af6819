import { describe, expect, it } from 'vitest';
import { estimatedTokens } from './estimated-tokens.js';

describe('the tokens of a text', () => {
  it.each([
    ['', 0],
    ['abc', 1],
    ['abcd', 2],
    ['x'.repeat(3_500), 1_000],
    ['Ключ', 4],
    ['ab漢字', 3],
    ['😀', 2],
  ])('of %j are %d', (text, tokens) => {
    expect(estimatedTokens(text)).toBe(tokens);
  });
});
