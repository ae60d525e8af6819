import { describe, expect, it, vi } from 'vitest';
import { ModelError, ModelRequest } from '../application/language-model.js';
import { CacheKeys } from './cache-keys.js';

const request = (model = 'm'): ModelRequest => ({ model, messages: [], tools: [], cacheKey: 'session' });
const begins = () => undefined;
const refusal = new ModelError('model.request_refused', 'no', { isAboutCacheKey: true });

describe('the key of a cache', () => {
  /** @returns the keys with which a strict server was asked */
  const asked = async (keys: CacheKeys, given = request()) => {
    const seen: (string | undefined)[] = [];
    await keys.ask(given, begins, ({ cacheKey }) => {
      seen.push(cacheKey);
      return cacheKey === undefined ? Promise.resolve() : Promise.reject(refusal);
    });
    return seen;
  };

  it('is left out once a server has refused it, for the model that was asked', async () => {
    const keys = new CacheKeys();
    expect(await asked(keys)).toEqual(['session', undefined]);
    expect(await asked(keys)).toEqual([undefined]);
    expect(await asked(keys, request('other'))).toEqual(['session', undefined]);
  });

  it.each([
    ['a refusal of something else', new ModelError('model.request_refused', 'no')],
    ['a defect', new Error('defect')],
  ])('is sent again after %s', async (_, error) => {
    const ask = vi.fn<() => Promise<never>>().mockRejectedValue(error);
    await expect(new CacheKeys().ask(request(), begins, ask)).rejects.toBe(error);
    expect(ask).toHaveBeenCalledOnce();
  });

  it('is not the reason of a failure once the answer has begun', async () => {
    const ask = vi.fn((_: ModelRequest, nowBegins: () => void) => {
      nowBegins();
      return Promise.reject(refusal);
    });
    await expect(new CacheKeys().ask(request(), begins, ask)).rejects.toBe(refusal);
    expect(ask).toHaveBeenCalledOnce();
  });
});
