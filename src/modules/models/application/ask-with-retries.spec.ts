import { describe, expect, it } from 'vitest';
import { waitBeforeRetry } from './ask-with-retries.js';
import { FailureFacts, ModelError, ModelErrorCode } from './language-model.js';

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
