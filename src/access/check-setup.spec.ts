import { afterEach, describe, expect, it, vi } from 'vitest';
import { modelsOf, userOf } from './check-setup.js';

const answer = (text: string) => vi.stubGlobal('fetch', async () => new Response(text));
afterEach(() => vi.unstubAllGlobals());

describe('what a server answers to a setup', () => {
  it.each([
    ['names', { data: [{ id: 'a' }, { id: 'b/c:7' }] }, ['a', 'b/c:7']],
    ['no names', { data: [null, 1, {}, { id: 5 }] }, []],
    ['names that move the cursor', { data: [{ id: 'a\u001B[2Jb' }, { id: 'a\nb' }] }, []],
  ])('of models: %s', async (_, said, models) => {
    answer(JSON.stringify(said));
    expect(await modelsOf('http://a.example', '')).toEqual(models);
  });

  it.each(['null', '{}', '{"data":{}}'])('of models: %s is no list', async (said) => {
    answer(said);
    await expect(modelsOf('http://a.example', '')).rejects.toThrow('What it answers is no list of models');
  });

  it.each(['null', '{}', String.raw`{"user":"a\u001b[2J"}`])('of a user: %s is none', async (said) => {
    answer(said);
    await expect(userOf('http://a.example', '')).rejects.toThrow('What it answers is not of agent-runtime');
  });
});
