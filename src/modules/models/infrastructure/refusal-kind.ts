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
  | 'model.malformed_answer'
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
  ['bio_policy', 'model.content_filtered'],
  ['cyber_policy', 'model.content_filtered'],
  ['misalignment_policy_violation', 'model.content_filtered'],
  ['insufficient_quota', 'model.quota_exceeded'],
  ['insufficient_balance', 'model.quota_exceeded'],
  ['billing_hard_limit_reached', 'model.quota_exceeded'],
  ['exceeded_current_quota_error', 'model.quota_exceeded'], // Moonshot
  ['model_not_found', 'model.not_found'],
  // Groq, of what the model has written
  ['json_validate_failed', 'model.malformed_answer'],
  ['tool_use_failed', 'model.malformed_answer'],
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

/**
 * How servers without a code for it say that the request exceeds the context of the model. Whole phrases, since the text
 * may quote the conversation.
 */
const TOO_LONG = new RegExp(
  [
    'max(?:imum)? (?:context|prompt|model) length', // OpenAI, vLLM, Mistral, Ollama, xAI
    'context length is only', // vLLM before 0.10
    '(?:longer|larger|greater) than (?:\\S+ ){0,3}context (?:length|window|size)', // SGLang, LM Studio
    'exceed\\w* (?:\\S+ ){0,3}context (?:length|window|size|limit)', // llama.cpp
    'context (?:size|length|window) (?:\\S+ ){0,2}exceeded', // llama.cpp
    'contextwindowexceeded', // LiteLLM
    'context the overflows', // LM Studio
    '(?:prompt|input) is too long', // Anthropic, Bedrock
    'input token count (?:\\S+ )?exceeds', // Gemini
    'reduce the length of the (?:messages|prompt)', // Groq
    'exceeded model token limit', // Moonshot
    'prompt exceeds max length', // GLM
    'range of input length should be', // Qwen
    'inputs` tokens \\+ `max_new_tokens', // TGI
  ].join('|'),
  'i',
);

/** The same with a status that stands for a failure: llama.cpp. */
const TOO_LONG_BY_500 = /exceeds the available context size|context size has been exceeded/i;

/** More tokens than may be sent within a minute (OpenAI, Groq): no later time is better. */
const TOO_LONG_FOR_LIMIT = /request too large for .*tokens per min/is;

/** How servers without a code for it say that a filter refuses the content. */
const FILTERED =
  /content (?:management policy|policy violation)|(?:by|triggered) (?:\S+ ){0,3}content filter|input was flagged|flagged as potentially|content exists risk/i;

/** What a refusal is about. */
export function kindOf({ status, names, text }: RefusalFacts): RefusalCode {
  const named = names.map((name) => BY_NAME.get(name)).find((code) => code !== undefined);
  const told = named ?? byText(status, text);
  if (told) return told;
  if (status !== undefined) return byStatus(status);
  return names.map((name) => BY_CLASS.get(name)).find((code) => code !== undefined) ?? 'model.server_error';
}

/** Undefined for statuses whose meaning the text does not change. */
function byText(status: number | undefined, text: string): RefusalCode | undefined {
  if (status === 401 || status === 404) return undefined;
  const isFailure = status !== undefined && status >= 500;
  if ((isFailure ? TOO_LONG_BY_500 : TOO_LONG_FOR_LIMIT).test(text)) return 'model.context_exceeded';
  if (isFailure || status === 429) return undefined;
  if (TOO_LONG.test(text)) return 'model.context_exceeded';
  return FILTERED.test(text) ? 'model.content_filtered' : undefined;
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
    case 429:
      return 'model.rate_limited';
    case 408:
    case 409:
      return 'model.server_error';
    default:
      return status >= 500 ? 'model.server_error' : 'model.request_refused';
  }
}
