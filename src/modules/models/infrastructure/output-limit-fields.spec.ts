import { describe, expect, it, vi } from 'vitest';
import { FailureFacts, ModelError, ModelErrorCode } from '../application/language-model.js';
import { OutputLimitFields } from './output-limit-fields.js';

const refusal = (
  code: ModelErrorCode = 'model.request_refused',
  facts: FailureFacts = { isAboutOutputLimit: true },
) => new ModelError(code, 'no', facts);

describe('the field of the limit of an answer', () => {
  const begins = vi.fn<() => void>();

  /** A model that takes some fields only. @returns those in which it was asked */
  const asked = async (
    fields: OutputLimitFields,
    taken: readonly string[],
    error = refusal(),
    model = 'm',
  ) => {
    const seen: string[] = [];
    await fields.ask(model, begins, async (field) => {
      seen.push(field);
      if (!taken.includes(field)) throw error;
    });
    return seen;
  };

  it('is the newer one, else the older one, else none; what was accepted is remembered for the model', async () => {
    const fields = new OutputLimitFields();
    expect(await asked(fields, ['max_tokens'])).toEqual(['max_completion_tokens', 'max_tokens']);
    expect(await asked(fields, ['max_tokens'])).toEqual(['max_tokens']);
    expect(await asked(fields, ['none'])).toEqual(['max_tokens', 'none']);
    expect(await asked(fields, ['max_completion_tokens'], refusal(), 'other')).toEqual([
      'max_completion_tokens',
    ]);
  });

  it('stays where the request only leaves too little room', async () => {
    const fields = new OutputLimitFields();
    const tooLong = refusal('model.context_exceeded');
    expect(await asked(fields, ['none'], tooLong)).toEqual(['max_completion_tokens', 'max_tokens', 'none']);
    expect(await asked(fields, ['max_completion_tokens'])).toEqual(['max_completion_tokens']);
  });

  it.each([
    ['about something else', refusal('model.request_refused', {})],
    ['of another kind', new ModelError('model.unavailable', 'gone')],
    ['that is a defect', new Error('defect')],
  ])('is asked for once after a failure %s', async (_, error) => {
    const ask = vi.fn<() => Promise<never>>().mockRejectedValue(error);
    await expect(new OutputLimitFields().ask('m', begins, ask)).rejects.toBe(error);
    expect(ask).toHaveBeenCalledOnce();
  });

  it('is not changed once the answer has begun', async () => {
    const error = refusal();
    const ask = vi.fn<(field: string, nowBegins: () => void) => Promise<never>>((_, nowBegins) => {
      nowBegins();
      return Promise.reject(error);
    });
    await expect(new OutputLimitFields().ask('m', begins, ask)).rejects.toBe(error);
    expect(ask).toHaveBeenCalledOnce();
    expect(begins).toHaveBeenCalled();
  });
});
