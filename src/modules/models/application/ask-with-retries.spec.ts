import { describe, expect, it } from 'vitest';
import { askWithRetries, waitBeforeRetry } from './ask-with-retries.js';
import { FailureFacts, MODEL_ERROR_CODES, ModelError, ModelErrorCode } from './language-model.js';

const NEVER = undefined;

/** The waits before each of the retries, of which four are allowed. */
const waits = (code: ModelErrorCode, facts: FailureFacts = {}) =>
  [0, 1, 2, 3, 4].map((retries) => waitBeforeRetry(new ModelError(code, 'It failed', facts), retries, 4));

describe('a failed model call', () => {
  it.each<ModelErrorCode>([
    'model.server_error',
    'model.rate_limited',
    'model.unavailable',
    'model.stream_cut',
  ])('is made again as often as the settings allow, at growing intervals: %s', (code) => {
    expect(waits(code)).toEqual([500, 1_000, 2_000, 4_000, NEVER]);
  });

  it.each<ModelErrorCode>(['model.empty_answer', 'model.first_token_timeout'])(
    'is made once more, since each costs much: %s',
    (code) => {
      expect(waits(code)).toEqual([500, NEVER, NEVER, NEVER, NEVER]);
    },
  );

  it.each<[ModelErrorCode, FailureFacts?]>([
    ['model.context_exceeded'],
    ['model.content_filtered'],
    ['model.request_refused'],
    ['model.quota_exceeded'],
    ['model.empty_answer', { isFinal: true }],
  ])('is not made again where it would fail again: %s', (code, facts) => {
    expect(waits(code, facts)[0]).toBe(NEVER);
  });

  it('is made again when the provider says, within a minute', () => {
    expect(waits('model.rate_limited', { retryAfterMs: 60_000 })[3]).toBe(60_000);
    expect(waits('model.rate_limited', { retryAfterMs: 60_001 })[0]).toBe(NEVER);
    expect(waits('model.server_error', { retryAfterMs: 7_200_000 })[0]).toBe(NEVER);
  });
});

describe('a model that has a fallback', () => {
  /** What is asked, and which of its retry: the first model fails by this as often as it is asked. */
  const asked = async (
    code: ModelErrorCode,
    facts: FailureFacts = {},
    { maxRetries = 1, canFallBack = true } = {},
  ) => {
    const calls: string[] = [];
    let model = 'first';
    const policy = {
      maxRetries,
      signal: new AbortController().signal,
      onRetry: () => undefined,
      fallBack: () => {
        if (canFallBack) model = 'second';
        return Promise.resolve(canFallBack);
      },
    };
    const answer = askWithRetries(policy, (retry, failure) => {
      calls.push(`${model} ${retry}${failure ? ' again' : ''}`);
      return model === 'first'
        ? Promise.reject(new ModelError(code, 'It failed', { retryAfterMs: 0, ...facts }))
        : Promise.resolve();
    });
    await answer.catch((error: unknown) => calls.push((error as ModelError).code));
    return calls;
  };

  const FALLING_BACK: ModelErrorCode[] = [
    'model.unavailable',
    'model.circuit_open',
    'model.connect_timeout',
    'model.first_token_timeout',
    'model.idle_timeout',
    'model.rate_limited',
    'model.quota_exceeded',
    'model.server_error',
  ];
  const AT_ONCE = ['first 0', 'second 0'];
  const AFTER_A_RETRY = ['first 0', 'first 1 again', 'second 0'];

  it.each([
    ['model.server_error', {}, AFTER_A_RETRY],
    ['model.first_token_timeout', {}, AFTER_A_RETRY],
    ['model.rate_limited', { retryAfterMs: 1 }, AFTER_A_RETRY],
    ['model.rate_limited', { retryAfterMs: 5_001 }, AT_ONCE],
    ['model.server_error', { retryAfterMs: 7_200_000 }, AT_ONCE],
    ['model.circuit_open', { retryAfterMs: 1 }, AT_ONCE],
    ['model.quota_exceeded', {}, AT_ONCE],
  ] as [ModelErrorCode, FailureFacts, string[]][])(
    'is replaced after %s %j',
    async (code, facts, expected) => {
      expect(await asked(code, facts)).toEqual(expected);
    },
  );

  it.each(MODEL_ERROR_CODES)(
    'is replaced by what the provider is the reason of, and by nothing else: %s',
    async (code) => {
      const calls = await asked(code, {}, { maxRetries: 0 });
      expect(calls).toEqual(FALLING_BACK.includes(code) ? AT_ONCE : ['first 0', code]);
    },
  );

  it('is asked again where no other can answer', async () => {
    expect(await asked('model.circuit_open', { retryAfterMs: 1 }, { canFallBack: false })).toEqual([
      'first 0',
      'first 1 again',
      'model.circuit_open',
    ]);
  });
});
