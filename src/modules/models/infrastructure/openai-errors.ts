import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { ModelError } from '../application/language-model.js';

export const answerTooLong = () => new ModelError('model.answer_too_long', 'The model’s answer has no end');

/** Describes the failure in the runtime's own words: the provider's text may contain keys, prompts or addresses. */
export function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionTimeoutError) {
    return new ModelError('model.connect_timeout', 'The model did not begin to answer in time');
  }
  if (error instanceof APIConnectionError) {
    return new ModelError('model.unavailable', 'The model cannot be reached');
  }
  if (error instanceof APIError && error.status !== undefined) return fromStatus(error);
  if (error instanceof APIError) {
    return new ModelError('model.server_error', 'The model failed in the middle of its answer');
  }
  if (error instanceof SyntaxError) {
    return new ModelError('model.malformed_answer', 'The model’s answer is not well-formed');
  }
  return new ModelError('model.stream_cut', 'The model’s answer broke off');
}

function fromStatus(error: APIError): ModelError {
  const status = error.status ?? 0;
  if (status === 401 || status === 403) {
    return new ModelError('model.unauthorized', 'The model refuses the credentials of this server');
  }
  if (status === 404) return new ModelError('model.not_found', 'The model does not exist at its provider');
  if (status === 429 && error.code === 'insufficient_quota') {
    return new ModelError('model.quota_exceeded', 'The quota at the model’s provider is used up');
  }
  if (status === 429) {
    return new ModelError('model.rate_limited', 'The model is overloaded', retryAfterMs(error));
  }
  if (status >= 500 || status === 408 || status === 409) {
    return new ModelError('model.server_error', 'The model’s provider failed', retryAfterMs(error));
  }
  return new ModelError('model.request_refused', 'The model refuses the request');
}

/** Retry-After (RFC 9110, 10.2.3): seconds, or a date. */
function retryAfterMs(error: APIError): number | undefined {
  const header = error.headers?.get('retry-after');
  if (!header) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
