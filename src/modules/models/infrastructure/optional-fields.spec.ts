import { describe, expect, it, vi } from 'vitest';
import { ModelError, ModelRequest, OPTIONAL_FIELDS, OptionalField } from '../application/language-model.js';
import { OptionalFields } from './optional-fields.js';

const begins = () => undefined;
const refusalOf = (...refusedFields: OptionalField[]) =>
  new ModelError('model.request_refused', 'no', { refusedFields });
const request = (model = 'm'): ModelRequest => ({
  ...{ model, messages: [], tools: [] },
  ...{ cacheKey: 'session', temperature: 0.2 },
});

describe.each(OPTIONAL_FIELDS)('the field %s', (field) => {
  /** @returns whether each request had it, to a server that refuses it */
  const asked = async (fields: OptionalFields, model?: string) => {
    const seen: boolean[] = [];
    await fields.ask(request(model), begins, (sent) => {
      seen.push(field in sent);
      return field in sent ? Promise.reject(refusalOf(field)) : Promise.resolve();
    });
    return seen;
  };

  it('is left out once a server has refused it, for the model that was asked', async () => {
    const fields = new OptionalFields();
    expect(await asked(fields)).toEqual([true, false]);
    expect(await asked(fields)).toEqual([false]);
    expect(await asked(fields, 'other')).toEqual([true, false]);
  });

  it.each([
    ['a refusal of something else', new ModelError('model.request_refused', 'no')],
    ['a refusal of a field that was not sent', refusalOf('cacheKey', 'temperature')],
    ['a defect', new Error('defect')],
  ])('is not tried without after %s', async (_, error) => {
    const ask = vi.fn<() => Promise<never>>().mockRejectedValue(error);
    const { cacheKey: _key, temperature: _temperature, ...bare } = request();
    const given = (error as ModelError).facts?.refusedFields ? bare : request();
    await expect(new OptionalFields().ask(given, begins, ask)).rejects.toBe(error);
    expect(ask).toHaveBeenCalledOnce();
  });

  it('is sent again where the request failed without it, too', async () => {
    const fields = new OptionalFields();
    const ask = vi.fn<() => Promise<never>>().mockRejectedValue(refusalOf(field));
    await expect(fields.ask(request(), begins, ask)).rejects.toThrow('no');
    expect(ask).toHaveBeenCalledTimes(2);
    expect(await asked(fields)).toEqual([true, false]);
  });

  it('is not the reason of a failure once the answer has begun', async () => {
    const ask = vi.fn((_: ModelRequest, nowBegins: () => void) => {
      nowBegins();
      return Promise.reject(refusalOf(field));
    });
    await expect(new OptionalFields().ask(request(), begins, ask)).rejects.toThrow('no');
    expect(ask).toHaveBeenCalledOnce();
  });
});

it('fields are left out one after the other where a model refuses several', async () => {
  const fields = new OptionalFields();
  const sent: (string[] | undefined)[] = [];
  const strict = (given: ModelRequest) => {
    const left = OPTIONAL_FIELDS.filter((field) => field in given);
    sent.push(left);
    return left[0] ? Promise.reject(refusalOf(left[0])) : Promise.resolve();
  };
  await fields.ask(request(), begins, strict);
  await fields.ask(request(), begins, strict);
  expect(sent).toEqual([['cacheKey', 'temperature'], ['temperature'], [], []]);
});
