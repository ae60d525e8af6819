import { describe, expect, it } from 'vitest';
import { largestOf, sizeOf } from './context-size.js';

const parts = { system: 100, tools: 200, instructions: 0, checkpoint: 300, messages: 1_000 };

describe('the size of a context', () => {
  it('is estimated where the provider has told nothing', () => {
    expect(sizeOf(parts, null)).toEqual({ tokens: 1_600, isCut: false });
  });

  it('is what the provider has told of the last request, and the messages since', () => {
    const told = { promptTokens: 1_900, before: 800, since: 200 };
    expect(sizeOf(parts, told)).toEqual({ tokens: 2_100, isCut: false });
  });

  it.each([
    ['at least half of what was sent counts', 700, { tokens: 900, isCut: false }],
    ['less says that the provider leaves out a part', 699, { tokens: 1_600, isCut: true }],
  ])('%s', (_, promptTokens, size) => {
    expect(sizeOf(parts, { promptTokens, before: 800, since: 200 })).toEqual(size);
  });

  it('names its largest part', () => {
    expect(largestOf(parts)).toBe('the newest messages');
    expect(largestOf({ ...parts, tools: 2_000 })).toBe('the description of its tools');
  });
});
