import { APIConnectionError, APIConnectionTimeoutError } from 'openai';
import { ModelError, OPTIONAL_FIELDS, OptionalField } from '../application/language-model.js';
import { ProviderRefusal, codeOf, readRefusal, toolNameIn, toolPlaceIn } from './provider-refusal.js';
import { RefusalCode, kindOf } from './refusal-kind.js';

/** Refusals in the runtime's own words: the provider's text may contain keys, prompts or addresses. */
const MESSAGES: Readonly<Record<RefusalCode, string>> = {
  'model.context_exceeded': 'The conversation is longer than the context of the model',
  'model.content_filtered': 'A content filter of the model’s provider refuses the request',
  'model.quota_exceeded': 'The quota at the model’s provider is used up',
  'model.rate_limited': 'The model is overloaded',
  'model.not_found': 'The model does not exist at its provider',
  'model.unauthorized': 'The model refuses the credentials of this server',
  'model.request_refused': 'The model refuses the request',
  'model.malformed_answer': 'The model’s answer is not well-formed',
  'model.server_error': 'The model’s provider failed',
};

/** 413 by a proxy in front of the model, which knows nothing of its context. */
const BODY_TOO_LARGE = 'The request is larger than the model’s server accepts';

/** The names of the limit of an answer, of any API. */
const ABOUT_OUTPUT_LIMIT = /max_(?:completion_|output_|new_)?tokens|in the completion/i;

const ABOUT_FIELD: Readonly<Record<OptionalField, RegExp>> = {
  cacheKey: /prompt_cache_key/i,
  temperature: /\btemperature\b/i,
};

export const answerTooLong = () => new ModelError('model.answer_too_long', 'The model’s answer has no end');

export function toModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  const refusal = refusalIn(error);
  if (refusal) return fromRefusal(refusal);
  if (error instanceof APIConnectionTimeoutError) return connectTimeout();
  if (error instanceof APIConnectionError) {
    return new ModelError('model.unavailable', 'The model cannot be reached');
  }
  if (error instanceof SyntaxError) {
    return new ModelError('model.malformed_answer', MESSAGES['model.malformed_answer']);
  }
  return new ModelError('model.stream_cut', 'The model’s answer broke off');
}

export const connectTimeout = () =>
  new ModelError('model.connect_timeout', 'The model could not be reached in time');

/** The refusal behind an error; the client wraps what its `fetch` throws. */
export function refusalIn(error: unknown): ProviderRefusal | undefined {
  const cause = error instanceof APIConnectionError ? error.cause : error;
  return cause instanceof ProviderRefusal ? cause : undefined;
}

function fromRefusal(refusal: ProviderRefusal): ModelError {
  const facts = readRefusal(refusal);
  const code = kindOf(facts);
  const { status, retryAfterMs } = facts;
  const message = code === 'model.request_refused' && status === 413 ? BODY_TOO_LARGE : MESSAGES[code];
  const named = [facts.text, ...facts.fields].join(' ');
  const isAboutReasoning = /reasoning|thinking/i.test(facts.text);
  return new ModelError(code, message, {
    status,
    retryAfterMs,
    providerCode: codeOf(facts),
    isAboutReasoning,
    isAboutOutputLimit: ABOUT_OUTPUT_LIMIT.test(named),
    refusedFields:
      code === 'model.request_refused'
        ? OPTIONAL_FIELDS.filter((field) => ABOUT_FIELD[field].test(named))
        : [],
    ...(code === 'model.request_refused' && { toolPlace: toolPlaceIn(facts), toolName: toolNameIn(facts) }),
  });
}
