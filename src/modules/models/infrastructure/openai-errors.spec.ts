import { APIConnectionError, APIConnectionTimeoutError } from 'openai';
import { describe, expect, it } from 'vitest';
import { ModelErrorCode } from '../application/language-model.js';
import { OpenAiBody } from './openai-body.js';
import { toModelError } from './openai-errors.js';
import { ProviderRefusal } from './provider-refusal.js';

/** What the client throws for a response with this status and body. */
function refused(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const cause = new ProviderRefusal(text, { status, headers: new Headers(headers) });
  return toModelError(new APIConnectionError({ cause }));
}

/** What is thrown for an event in place of a chunk. */
function reported(stream: string) {
  const body = new OpenAiBody(() => undefined);
  try {
    body.push(Buffer.from(stream));
    body.end();
  } catch (error) {
    return toModelError(error);
  }
  throw new Error('the stream reports no error');
}

const saying = (message: string, more: object = {}) => ({ error: { message, ...more } });

const ANSWERED = 'Fri, 20 Nov 2026 12:00:00 GMT';
const LATER = 'Fri, 20 Nov 2026 12:00:20 GMT';

/** OpenRouter quotes the headers of the server behind it. */
const resetAt = (date: string) => ({
  metadata: { headers: { 'X-RateLimit-Reset': String(Date.parse(date)) } },
});

type Refusal = [server: string, status: number, body: unknown, providerCode: string | undefined];

const TOO_LONG: Refusal[] = [
  [
    'OpenAI',
    400,
    saying('This model’s maximum context length is 16384 tokens.', {
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    }),
    'context_length_exceeded',
  ],
  [
    'vLLM',
    400,
    saying('This model’s maximum context length is 32768 tokens.', { type: 'BadRequestError', code: 400 }),
    'badrequesterror',
  ],
  [
    'vLLM before 0.10',
    400,
    {
      object: 'error',
      message: 'You passed 40001 input tokens; the model’s context length is only 32768 tokens.',
      type: 'BadRequestError',
      code: 400,
    },
    'badrequesterror',
  ],
  [
    'llama.cpp',
    500,
    saying('the request exceeds the available context size.', {
      code: 500,
      type: 'exceed_context_size_error',
      n_ctx: 8192,
    }),
    'exceed_context_size_error',
  ],
  [
    'LM Studio',
    400,
    { error: 'Trying to keep the first 5000 tokens when context the overflows.' },
    undefined,
  ],
  [
    'SGLang',
    400,
    {
      object: 'error',
      message: 'The input (9 tokens) is longer than the model’s context length (8 tokens).',
      code: 400,
    },
    '400',
  ],
  [
    'LiteLLM',
    400,
    saying('litellm.ContextWindowExceededError: prompt is too long: 9 tokens > 8 maximum', {
      type: null,
      code: '400',
    }),
    '400',
  ],
  [
    'Mistral',
    400,
    {
      object: 'error',
      message: 'Prompt contains 9 tokens, too large for model with 8 maximum context length',
      type: 'invalid_request_prompt',
      code: '3051',
    },
    'invalid_request_prompt',
  ],
  [
    'Gemini',
    400,
    [
      saying('The input token count (9) exceeds the maximum number of tokens allowed (8).', {
        code: 400,
        status: 'INVALID_ARGUMENT',
      }),
    ],
    'invalid_argument',
  ],
  [
    'OpenRouter',
    400,
    saying('Provider returned error', {
      code: 400,
      metadata: { raw: '{"error":"This endpoint’s maximum context length is 8 tokens"}' },
    }),
    '400',
  ],
  [
    'xAI',
    400,
    { code: 'Client specified an invalid argument', error: 'This model’s maximum prompt length is 8' },
    undefined,
  ],
  [
    'Groq',
    413,
    saying('Request too large for model on tokens per minute', {
      type: 'tokens',
      code: 'rate_limit_exceeded',
    }),
    'rate_limit_exceeded',
  ],
  [
    'OpenAI',
    429,
    saying('Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 60000.', {
      type: 'tokens',
      code: 'rate_limit_exceeded',
    }),
    'rate_limit_exceeded',
  ],
  [
    'Qwen',
    400,
    saying('Range of input length should be [1, 30720]', { code: 'invalid_parameter_error' }),
    'invalid_parameter_error',
  ],
  [
    'Ollama',
    400,
    saying('prompt too long; exceeded max context length by 9 tokens', { type: 'api_error' }),
    'api_error',
  ],
  ['llama.cpp without a type', 500, saying('Context size has been exceeded.'), undefined],
  [
    'OpenAI’s reasoning models',
    400,
    saying('Your input exceeds the context window of this model.', { code: null }),
    undefined,
  ],
  ['a gateway that sends text', 400, 'prompt is too long: 9 tokens > 8 maximum', undefined],
];

/** What users talk about, as validators repeat it. */
const QUOTED = 'the prompt is too long, it exceeds the context window; blocked by the content filter';
const FORBIDDEN = { type: 'extra_forbidden', msg: 'Extra inputs are not permitted', input: QUOTED };

/** Errors that are about something else than their text seems to say. */
const QUOTING: [...Refusal, ModelErrorCode][] = [
  ['a validator', 422, { detail: [FORBIDDEN] }, undefined, 'model.request_refused'],
  ['a validator within', 400, saying('', { detail: [FORBIDDEN] }), undefined, 'model.request_refused'],
  [
    'vLLM',
    400,
    saying(`[{'type': 'extra_forbidden', 'msg': 'Extra inputs', 'input': '${QUOTED}'}]`, { code: 400 }),
    '400',
    'model.request_refused',
  ],
  [
    'pydantic',
    400,
    saying(`Extra inputs are not permitted [type=extra_forbidden, input_value='${QUOTED}']`),
    undefined,
    'model.request_refused',
  ],
  [
    'LiteLLM',
    400,
    saying(`litellm.BadRequestError: ${JSON.stringify({ detail: [FORBIDDEN] })}`),
    undefined,
    'model.request_refused',
  ],
  [
    'OpenRouter',
    400,
    saying('Provider returned error', { metadata: { raw: JSON.stringify({ detail: [FORBIDDEN] }) } }),
    undefined,
    'model.request_refused',
  ],
  ['a worker', 500, saying('worker hit its execution context limit'), undefined, 'model.server_error'],
  ['a server', 500, saying(QUOTED), undefined, 'model.server_error'],
  ['an option', 400, saying('unknown option: context window'), undefined, 'model.request_refused'],
  ['a gateway', 413, '<html>413 Request Entity Too Large</html>', undefined, 'model.request_refused'],
];

const FILTERED: Refusal[] = [
  [
    'Azure',
    400,
    saying('The response was filtered due to the prompt', {
      type: null,
      code: 'content_filter',
      status: 400,
      innererror: { code: 'ResponsibleAIPolicyViolation' },
    }),
    'content_filter',
  ],
  [
    'OpenAI',
    400,
    saying('Invalid prompt', { type: 'invalid_request_error', code: 'invalid_prompt' }),
    'invalid_prompt',
  ],
  [
    'OpenRouter',
    403,
    saying('Your input was flagged for "violence"', { code: 403, metadata: { reasons: ['violence'] } }),
    '403',
  ],
  [
    'LiteLLM',
    400,
    saying('litellm.ContentPolicyViolationError: content policy violation', { code: '400' }),
    '400',
  ],
];

const OTHERS: [...Refusal, ModelErrorCode][] = [
  [
    'OpenAI',
    429,
    saying('You exceeded your quota', { code: 'insufficient_quota' }),
    'insufficient_quota',
    'model.quota_exceeded',
  ],
  ['OpenRouter', 402, saying('Insufficient credits', { code: 402 }), '402', 'model.quota_exceeded'],
  [
    'NIM',
    402,
    { type: 'urn:inference-service:problem-details:payment-required', status: 402, detail: 'expired' },
    '402',
    'model.quota_exceeded',
  ],
  [
    'OpenAI',
    401,
    saying('Incorrect API key', { code: 'invalid_api_key' }),
    'invalid_api_key',
    'model.unauthorized',
  ],
  ['a gateway', 403, 'forbidden', undefined, 'model.unauthorized'],
  [
    'Ollama',
    404,
    saying('model "x" not found, try pulling it first', { type: 'not_found_error' }),
    'not_found_error',
    'model.not_found',
  ],
  [
    'Mistral',
    422,
    { object: 'error', message: { detail: [{ loc: ['body'] }] }, type: 'invalid_request_error' },
    'invalid_request_error',
    'model.request_refused',
  ],
  [
    'OpenAI',
    400,
    saying('Unsupported value', { code: 'unsupported_value', type: 'invalid_request_error' }),
    'unsupported_value',
    'model.request_refused',
  ],
  [
    'Groq',
    400,
    saying('See failed_generation', { code: 'json_validate_failed' }),
    'json_validate_failed',
    'model.malformed_answer',
  ],
  [
    'Groq',
    400,
    saying('See failed_generation', { code: 'tool_use_failed' }),
    'tool_use_failed',
    'model.malformed_answer',
  ],
  [
    'DeepSeek',
    400,
    saying('Content Exists Risk', { code: 'invalid_request_error' }),
    'invalid_request_error',
    'model.content_filtered',
  ],
  [
    'Anthropic',
    400,
    saying('Output blocked by content filtering policy'),
    undefined,
    'model.content_filtered',
  ],
  ['a redirection', 302, '', undefined, 'model.request_refused'],
  [
    'Anthropic',
    529,
    saying('Overloaded', { type: 'overloaded_error' }),
    'overloaded_error',
    'model.server_error',
  ],
  ['a gateway', 502, '<html>Bad Gateway</html>', undefined, 'model.server_error'],
  [
    'a limit of tokens',
    429,
    saying('Limit reached; reduce the length of the messages', { code: 'rate_limit_exceeded' }),
    'rate_limit_exceeded',
    'model.rate_limited',
  ],
  [
    'a hostile one',
    500,
    saying('', { code: 'constructor', type: '__proto__' }),
    'constructor',
    'model.server_error',
  ],
];

const withCode =
  (code: ModelErrorCode) =>
  (refusal: Refusal): [...Refusal, ModelErrorCode] => [...refusal, code];

describe('a refusal', () => {
  it.each([
    ...TOO_LONG.map(withCode('model.context_exceeded')),
    ...FILTERED.map(withCode('model.content_filtered')),
    ...OTHERS,
    ...QUOTING,
  ])('of %s (%i) is told apart', (_server, status, body, providerCode, code) => {
    const error = refused(status, body);
    expect(error).toMatchObject({ code, facts: { status } });
    expect(error.facts.providerCode).toBe(providerCode);
  });

  it('is repeated only if it may pass', () => {
    const retries = [400, 401, 402, 404, 413, 422].map((status) => refused(status, saying('no')).retries);
    expect(retries).toEqual([0, 0, 0, 0, 0, 0]);
    for (const status of [408, 429, 500, 503]) expect(refused(status, saying('later')).retryable).toBe(true);
  });

  it.each<[string, number | undefined, Record<string, string>, object]>([
    ['seconds', 3_000, { 'retry-after': '3' }, {}],
    ['hours', 7_200_000, { 'retry-after': '7200' }, {}],
    ['a date, by the provider’s clock', 20_000, { 'retry-after': LATER, date: ANSWERED }, {}],
    ['a date that is over', 0, { 'retry-after': ANSWERED, date: LATER }, {}],
    ['a date in an answer without one', undefined, { 'retry-after': LATER }, {}],
    ['milliseconds', 250, { 'retry-after-ms': '250', 'retry-after': '1' }, {}],
    [
      'a detail of Google',
      38_500,
      {},
      { details: [{ '@type': 'Help' }, { '@type': 'RetryInfo', retryDelay: '38.5s' }] },
    ],
    ['a reset', 20_000, { date: ANSWERED }, resetAt(LATER)],
    ['a reset in the past', 0, { date: LATER }, resetAt(ANSWERED)],
    ['a week', 604_800_000, { 'retry-after': '604800' }, {}],
    ['more, which is no delay', undefined, { 'retry-after': '1795000000000000' }, {}],
    ['no number of milliseconds', undefined, { 'retry-after-ms': '1e300' }, {}],
    ['nonsense', undefined, { 'retry-after': 'soon' }, {}],
    ['nothing', undefined, {}, {}],
  ])('says when to ask again: by %s', (_how, retryAfterMs, headers, more) => {
    expect(refused(429, saying('slow down', more), headers)).toMatchObject({
      code: 'model.rate_limited',
      facts: { retryAfterMs },
    });
  });

  it.each([
    ['a sentence', 'You have been bad', undefined],
    ['nothing', '', undefined],
    ['an object', {}, undefined],
    ['a status', 400, '400'],
    ['another number', 3051, undefined],
    ['a word', 'Rate-Limit.v2_x', 'rate-limit.v2_x'],
    ['64 characters', 'x'.repeat(64), 'x'.repeat(64)],
    ['more', 'x'.repeat(65), undefined],
    ['other characters', 'Error/Ü:1', undefined],
    ['an address', 'https://gw.corp.internal:8443/errors?key=sk-live-abcdef123456', undefined],
    ['a key', 'sk-proj-abcdefghijk', undefined],
    ['a name with a key', 'invalid_api_key_sk-proj-abcdefghijk', undefined],
    ['None', 'None', undefined],
    ['null in quotes', 'null', undefined],
  ])('has no code of the provider’s but a word: %s', (_what, code, providerCode) => {
    expect(refused(400, saying('no', { code })).facts.providerCode).toBe(providerCode);
  });
});

it('names what a proxy refuses as too large', () => {
  expect(refused(413, '<html>').message).toBe('The request is larger than the model’s server accepts');
});

describe('an error within an answer', () => {
  it.each<[string, string, ModelErrorCode, number | undefined]>([
    [
      'with the status of a refusal',
      'data: {"error":{"message":"bad","type":"BadRequestError","code":400}}\n\ndata: [DONE]\n\n',
      'model.request_refused',
      400,
    ],
    [
      'that says the prompt is too long',
      'data: {"error":{"message":"maximum context length is 8","code":400}}\n\n',
      'model.context_exceeded',
      400,
    ],
    ['as a name alone', 'data: {"error":{"type":"rate_limit_error"}}\n\n', 'model.rate_limited', undefined],
    [
      'of class invalid request',
      'data: {"error":{"type":"invalid_request_error"}}\n\n',
      'model.request_refused',
      undefined,
    ],
    [
      'as an event error',
      'event: error\ndata: {"message":"Context size has been exceeded."}\n\n',
      'model.context_exceeded',
      undefined,
    ],
    ['as a text', 'event: error\ndata: something broke\n\n', 'model.server_error', undefined],
    [
      'as an object error',
      'data: {"object":"error","message":"no","code":400}\n\n',
      'model.request_refused',
      400,
    ],
    [
      'beside a choice',
      'data: {"error":{"code":502,"message":"Provider disconnected"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}\n\n',
      'model.server_error',
      502,
    ],
    [
      'without more',
      'data: {"error":{"message":"secret","code":"overloaded"}}\n\n',
      'model.server_error',
      undefined,
    ],
    ['as a document', '{"error":{"message":"slow down","code":429}}', 'model.rate_limited', 429],
    ['as a list', '[{"error":{"message":"slow down","code":429}}]', 'model.rate_limited', 429],
  ])('is told apart: %s', (_how, stream, code, status) => {
    const error = reported(stream);
    expect(error.code).toBe(code);
    expect(error.facts.status).toBe(status);
    expect(error.message).not.toMatch(/secret|bad|slow/);
  });
});

describe('a refusal of the limit of an answer', () => {
  it.each<[server: string, status: number, body: unknown, code: ModelErrorCode]>([
    [
      'OpenAI, of an older model',
      400,
      saying("Unsupported parameter: 'max_completion_tokens' is not supported with this model."),
      'model.request_refused',
    ],
    [
      'OpenAI, of a limit that is too high',
      400,
      saying('max_tokens is too large: 128000. This model supports at most 16384 completion tokens.'),
      'model.request_refused',
    ],
    [
      'Mistral',
      422,
      {
        object: 'error',
        message: {
          detail: [
            {
              type: 'extra_forbidden',
              loc: ['body', 'max_completion_tokens'],
              msg: 'Extra inputs are not permitted',
            },
          ],
        },
      },
      'model.request_refused',
    ],
    [
      'vLLM',
      400,
      saying(
        "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens",
      ),
      'model.context_exceeded',
    ],
  ])('is known by its text: %s', (_server, status, body, code) => {
    expect(refused(status, body)).toMatchObject({ code, facts: { isAboutOutputLimit: true } });
  });

  it.each([
    [{ message: "Unknown parameter: 'prompt_cache_key'", param: 'prompt_cache_key' }, ['cacheKey']],
    [
      {
        message: "Unsupported value: 'temperature' does not support 0.2 with this model.",
        ...{ param: 'temperature', code: 'unsupported_value' },
      },
      ['temperature'],
    ],
    [{ message: '`temperature` may only be set to 1 when thinking is enabled.' }, ['temperature']],
    [
      { detail: [{ loc: ['body', 'prompt_cache_key'], msg: 'Extra inputs are not permitted' }] },
      ['cacheKey'],
    ],
    [{ message: 'Overloaded' }, []],
  ])('names the fields that it refuses: %j', (error, fields) => {
    expect(refused(400, JSON.stringify({ error }))).toMatchObject({ facts: { refusedFields: fields } });
    expect(refused(500, JSON.stringify({ error }))).toMatchObject({ facts: { refusedFields: [] } });
  });

  it('is none where another field is refused', () => {
    expect(refused(400, saying("Unknown parameter: 'tools[0].strict'"))).toMatchObject({
      facts: { isAboutOutputLimit: false },
    });
  });
});

describe('a refusal of a tool', () => {
  const invalid = (param: string | null, message = 'Invalid schema for function') =>
    saying(message, { type: 'invalid_request_error', param });
  const validator = (...loc: (string | number)[]) => ({
    detail: [{ type: 'value_error', loc, msg: 'no schema' }],
  });

  it.each<[server: string, status: number, body: unknown, place: number | undefined]>([
    ['OpenAI, chat completions', 400, invalid('tools[3].function.parameters'), 3],
    ['OpenAI, Responses', 400, invalid('tools[12].parameters'), 12],
    ['vLLM', 400, validator('body', 'tools', 4, 'function', 'parameters'), 4],
    ['Anthropic', 400, invalid(null, 'tools.2.custom.input_schema: JSON schema is invalid'), 2],
    [
      'Gemini',
      400,
      invalid(null, 'GenerateContentRequest.tools[0].function_declarations[5].parameters: no schema'),
      5,
    ],
    ['of none', 400, invalid('messages[3].content'), undefined],
    ['of too many', 400, invalid('tools', 'array too long'), undefined],
    ['of no request', 500, invalid('tools[3].function'), undefined],
  ])('tells its place: %s', (_server, status, body, place) => {
    expect(refused(status, body).facts.toolPlace).toBe(place);
  });

  it.each<[message: string, name: string | undefined]>([
    ["Invalid schema for function 'mcp__shop__look-up': array schema missing items", 'mcp__shop__look-up'],
    ['Invalid parameters of the tool "look_up"', 'look_up'],
    ['tool `look_up` has invalid parameters', 'look_up'],
    ["the answer to function 'look_up' is missing", undefined],
    ["Invalid schema for response_format 'look_up'", undefined],
    [`Invalid schema for function '${'x'.repeat(65)}'`, undefined],
  ])('tells its name: %s', (message, name) => {
    expect(refused(400, saying(message)).facts.toolName).toBe(name);
  });
});

describe('a failure of the connection', () => {
  it.each<[unknown, ModelErrorCode]>([
    [new APIConnectionTimeoutError(), 'model.connect_timeout'],
    [new APIConnectionError({ cause: new Error('refused') }), 'model.unavailable'],
    [new SyntaxError('no JSON'), 'model.malformed_answer'],
    [new Error('reset'), 'model.stream_cut'],
  ])('%s is %s', (error, code) => {
    expect(toModelError(error)).toMatchObject({ code, retryable: true });
  });
});
