import { describe, expect, it } from 'vitest';
import { Model, undescribedModel } from '../domain/model.js';
import { Fallbacks } from './fallbacks.js';
import { ModelCatalog } from './model-catalog.js';

const model = (id: string, fallbacks: string[] = [], limit: Partial<Model['limit']> = {}): Model => ({
  ...undescribedModel('p', id),
  limit: { context: 100_000, input: null, output: null, ...limit },
  fallbacks,
});

const MODELS = [
  model('a', ['b', 'c']),
  model('b', ['d', 'e']),
  model('c', ['e']),
  model('d'),
  model('e'),
  model('f', ['small', 'narrow', 'b']),
  model('small', [], { context: 10_000 }),
  model('narrow', [], { input: 5_000 }),
];

const next = (
  failed: string,
  left: string[] = [],
  {
    away = [] as string[],
    tokens = 1,
    promptTokens,
  }: { away?: string[]; tokens?: number; promptTokens?: number } = {},
) => {
  const availability = { isAvailable: ({ id }: Model) => !away.includes(id) };
  const fallbacks = new Fallbacks(new ModelCatalog(MODELS, { default: 'a' }), availability);
  const content = 'x'.repeat(3.5 * tokens);
  const request = { model: failed, messages: [{ role: 'user' as const, content }], tools: [] };
  return fallbacks.next({ ...request, ...(promptTokens !== undefined && { promptTokens }) }, left)?.id;
};

describe('the fallback of a model', () => {
  it.each([
    ['the first of its list', 'a', [], 'b'],
    ['then the rest of that list', 'b', ['a'], 'c'],
    ['then that of the first of it', 'c', ['a', 'b'], 'd'],
    ['and of the next', 'd', ['a', 'b', 'c'], 'e'],
    ['none when all have failed', 'e', ['a', 'b', 'c', 'd'], undefined],
    ['none where there is no list', 'd', [], undefined],
    ['none for a model that is not configured any more', 'gone', [], undefined],
    ['of the lists that are still there', 'b', ['gone', 'a'], 'c'],
  ])('is %s', (_, failed, left, expected) => {
    expect(next(failed, left)).toBe(expected);
  });

  it('is none that is left alone for now; it may be later', () => {
    expect(next('a', [], { away: ['b'] })).toBe('c');
    expect(next('c', ['a'], { away: [] })).toBe('b');
    expect(next('a', [], { away: ['b', 'c'] })).toBeUndefined();
  });

  it.each([
    [4_000, 'small'],
    [9_000, 'b'], // 5 % of the window are for errors of the estimate, and 1,000 tokens for the answer
    [98_000, undefined],
  ])('has room for a request of %d tokens', (tokens, expected) => {
    expect(next('f', [], { tokens })).toBe(expected);
  });

  it('has room for what the provider has told of the conversation, whatever the estimate is', () => {
    expect(next('f', [], { tokens: 4_000, promptTokens: 9_000 })).toBe('b');
    expect(next('f', [], { tokens: 9_000, promptTokens: 4_000 })).toBe('small');
  });

  it('is not one whose limit of requests is lower', () => {
    expect(next('f', [], { tokens: 6_000, away: ['small'] })).toBe('b');
    expect(next('f', [], { tokens: 4_000, away: ['small'] })).toBe('narrow');
  });
});
