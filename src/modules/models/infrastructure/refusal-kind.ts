import { RefusalFacts } from './provider-refusal.js';

/** The codes of refusals. */
export type RefusalCode =
  | 'model.context_exceeded'
  | 'model.content_filtered'
  | 'model.quota_exceeded'
  | 'model.rate_limited'
  | 'model.not_found'
  | 'model.unauthorized'
  | 'model.request_refused'
  | 'model.server_error';

/** Names that are clear whatever the status. */
const BY_NAME = new Map<string, RefusalCode>([
  ['context_length_exceeded', 'model.context_exceeded'],
  ['context_window_exceeded', 'model.context_exceeded'],
  ['exceed_context_size_error', 'model.context_exceeded'], // llama.cpp
  ['request_too_large', 'model.context_exceeded'],
  ['string_above_max_length', 'model.context_exceeded'],
  ['content_filter', 'model.content_filtered'],
  ['content_policy_violation', 'model.content_filtered'],
  ['responsibleaipolicyviolation', 'model.content_filtered'], // Azure
  ['data_inspection_failed', 'model.content_filtered'], // Qwen
  ['moderation_blocked', 'model.content_filtered'],
  ['invalid_prompt', 'model.content_filtered'], // OpenAI's reasoning models
  ['insufficient_quota', 'model.quota_exceeded'],
  ['insufficient_balance', 'model.quota_exceeded'],
  ['billing_hard_limit_reached', 'model.quota_exceeded'],
  ['exceeded_current_quota_error', 'model.quota_exceeded'], // Moonshot
  ['model_not_found', 'model.not_found'],
]);

/** Names that classes of errors share: they count where no status is known, as within a stream. */
const BY_CLASS = new Map<string, RefusalCode>([
  ['rate_limit_exceeded', 'model.rate_limited'],
  ['rate_limit_error', 'model.rate_limited'],
  ['resource_exhausted', 'model.rate_limited'],
  ['too_many_requests', 'model.rate_limited'],
  ['authentication_error', 'model.unauthorized'],
  ['invalid_api_key', 'model.unauthorized'],
  ['permission_denied', 'model.unauthorized'],
  ['invalid_request_error', 'model.request_refused'],
  ['badrequesterror', 'model.request_refused'],
  ['invalid_argument', 'model.request_refused'],
]);

/** How servers without a code for it say that the request exceeds the context of the model. */
const TOO_LONG = new RegExp(
  [
    'context[ _](?:length|window|size|limit)', // OpenAI, vLLM, llama.cpp, Mistral, SGLang
    'context the overflows', // LM Studio
    'maximum prompt length', // xAI
    '(?:prompt|input) is too long', // Anthropic, Bedrock
    'input token count', // Gemini
    'reduce the length of the (?:messages|prompt)', // Groq
    'model token limit', // Moonshot
    'prompt exceeds max length', // GLM
    'inputs` tokens \\+ `max_new_tokens', // TGI
  ].join('|'),
  'i',
);

/** How servers without a code for it say that a filter refuses the content. */
const FILTERED =
  /content (?:filter|management policy|policy violation)|input was flagged|flagged as potentially/i;

/** Statuses whose meaning the text does not change: 429 is about tokens per minute. */
const CLEAR = new Set([401, 404, 429]);

/** What a refusal is about. */
export function kindOf({ status, names, text }: RefusalFacts): RefusalCode {
  const named = names.map((name) => BY_NAME.get(name)).find((code) => code !== undefined);
  if (named) return named;
  if (status === undefined || !CLEAR.has(status)) {
    if (TOO_LONG.test(text)) return 'model.context_exceeded';
    if (FILTERED.test(text)) return 'model.content_filtered';
  }
  if (status !== undefined) return byStatus(status);
  return names.map((name) => BY_CLASS.get(name)).find((code) => code !== undefined) ?? 'model.server_error';
}

function byStatus(status: number): RefusalCode {
  switch (status) {
    case 401:
    case 403:
      return 'model.unauthorized';
    case 402:
      return 'model.quota_exceeded';
    case 404:
      return 'model.not_found';
    case 413:
      return 'model.context_exceeded';
    case 429:
      return 'model.rate_limited';
    case 408:
    case 409:
      return 'model.server_error';
    default:
      return status >= 500 ? 'model.server_error' : 'model.request_refused';
  }
}
