import { StringDecoder } from 'node:string_decoder';
import { Injectable } from '@nestjs/common';
import { createParser } from 'eventsource-parser';
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { Config } from '../../../config/config.js';
import { toTraceparent } from '../../../shared/application/trace-context.js';
import { Span, SpanAttributes, Tracing } from '../../../shared/application/tracing.js';
import { storableText } from '../../../shared/domain/storable.js';
import { enterModelCall } from '../../../shared/infrastructure/persistence/open-waits.js';
import {
  LanguageModel,
  ModelAnswer,
  ModelError,
  ModelListener,
  ModelMessage,
  ModelRequest,
  ModelUsage,
} from '../application/language-model.js';
import { ModelCircuit } from './model-circuit.js';
import { ModelEndpoint } from './model-endpoint.js';
import { ModelMetrics, outcomeOf } from './model.metrics.js';
import { modelFetch, readBody } from './model-transport.js';
import { WellFormedText } from './well-formed-text.js';

/** Longer than any model's context: what goes on beyond it is a fault. */
const MAX_ANSWER_CHARACTERS = 2_000_000;
/** More than anybody carries out at once. They are counted as well, since a call need not hold a character. */
const MAX_TOOL_CALLS = 100;
/** What providers wrap around the characters included: an answer may also go on without saying anything. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** Of one event of the stream; JSON may write one character as six. */
const MAX_EVENT_CHARACTERS = 6 * MAX_ANSWER_CHARACTERS;
/** Of PostgreSQL's integer. */
const MAX_COUNT = 2 ** 31 - 1;

type Chunk = OpenAI.Chat.ChatCompletionChunk;

/** What the pieces of an answer add up to. */
interface Gathered {
  content: string;
  toolCalls: { index: unknown; callId: string; toolName: string; arguments: string }[];
  /** Of content and calls together. */
  characters: number;
  finishReason: string | null;
  usage: ModelUsage | null;
  firstTokenMs: number | null;
  /** As the provider calls the answer, and the model that gave it. */
  id: unknown;
  model: unknown;
}

/** Any server that speaks OpenAI's chat completions, streamed. */
@Injectable()
export class OpenAiLanguageModel extends LanguageModel {
  private readonly client: OpenAI;
  private readonly server: URL;
  private readonly connectTimeoutMs: number;
  private readonly idleTimeoutMs: number;

  constructor(
    endpoint: ModelEndpoint,
    private readonly circuit: ModelCircuit,
    private readonly metrics: ModelMetrics,
    private readonly tracing: Tracing,
    config: Config,
  ) {
    super();
    this.connectTimeoutMs = config.llm.connectTimeoutSeconds * 1000;
    this.idleTimeoutMs = config.llm.idleTimeoutSeconds * 1000;
    this.client = new OpenAI({
      apiKey: endpoint.apiKey,
      baseURL: endpoint.baseUrl,
      timeout: this.connectTimeoutMs, // until the response begins; the watchdog takes over from there
      maxRetries: 0, // trying again is the caller's decision
      logLevel: 'off', // it would print the provider's words
      fetch: modelFetch,
    });
    this.server = new URL(this.client.baseURL);
  }

  async answer(request: ModelRequest, listener: ModelListener, signal: AbortSignal): Promise<ModelAnswer> {
    const start = { kind: 'client', attributes: this.attributesOf(request) } as const;
    return enterModelCall(request.model, () =>
      this.tracing.within(`chat ${request.model}`, start, async (span) => {
        try {
          const answer = await this.circuit.pass(
            (begins) => this.request(request, listener, begins, signal, span),
            signal,
            request.retry,
          );
          this.metrics.answered(request.model, answer);
          return answer;
        } catch (error) {
          const outcome = error instanceof ModelError ? outcomeOf(error.code) : 'aborted';
          this.metrics.failed(request.model, outcome);
          span.fail(outcome);
          throw error;
        }
      }),
    );
  }

  private attributesOf({ model, retry, responseFormat }: ModelRequest): SpanAttributes {
    return {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai', // whoever is behind it: that is what it speaks
      'gen_ai.request.model': model,
      'gen_ai.request.stream': true,
      'gen_ai.output.type': responseFormat ? 'json' : 'text',
      'server.address': this.server.hostname,
      'server.port': Number(this.server.port) || (this.server.protocol === 'https:' ? 443 : 80),
      'agent_runtime.retry': retry,
    };
  }

  /** @throws ModelError, or the signal's reason */
  private async request(
    request: ModelRequest,
    listener: ModelListener,
    begins: () => void,
    signal: AbortSignal,
    span: Span,
  ): Promise<ModelAnswer> {
    try {
      return await this.stream(request, listener, begins, signal, span);
    } catch (error) {
      throw signal.aborted ? signal.reason : toModelError(error);
    }
  }

  private async stream(
    request: ModelRequest,
    listener: ModelListener,
    begins: () => void,
    signal: AbortSignal,
    span: Span,
  ): Promise<ModelAnswer> {
    const sentAt = performance.now();
    const idle = new AbortController();
    const response = await this.client.chat.completions
      .create(toBody(request), {
        signal: AbortSignal.any([signal, idle.signal]),
        ...(span.context && { headers: { traceparent: toTraceparent(span.context) } }),
      })
      .asResponse();
    const gathered: Gathered = {
      content: '',
      toolCalls: [],
      characters: 0,
      finishReason: null,
      usage: null,
      firstTokenMs: null,
      id: undefined,
      model: undefined,
    };
    const text = new WellFormedText();
    const emit = (piece: string) => {
      if (piece === '') return;
      gathered.content += piece;
      listener.onText(piece);
    };
    const silent = () => idle.abort(new ModelError('model.idle_timeout', 'The model fell silent'));
    const watchdog = setTimeout(silent, this.idleTimeoutMs);
    const take = (chunk: Chunk) => {
      begins();
      if (chunk.choices?.length) gathered.firstTokenMs ??= performance.now() - sentAt;
      emit(text.push(gather(gathered, chunk)));
      const [first] = gathered.toolCalls;
      if (first) listener.onFirstCall?.(first.toolName, first.arguments);
    };
    try {
      await readChunks(response, () => watchdog.refresh(), take);
    } finally {
      clearTimeout(watchdog);
    }
    signal.throwIfAborted();
    idle.signal.throwIfAborted();
    emit(text.end());
    const answer = complete(gathered, performance.now() - sentAt);
    span.set(describeAnswer(answer, gathered));
    return answer;
  }
}

/**
 * Reads the server-sent events of an answer (WHATWG HTML, 9.2), whose data are chunks, up to `[DONE]`.
 * @throws SyntaxError for what is no JSON, ModelError where the provider breaks off or comes to no end
 */
async function readChunks(
  response: Response,
  heard: () => void,
  take: (chunk: Chunk) => void,
): Promise<void> {
  let done = false;
  let bytes = 0;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw tooLong(); // fields it does not know are ignored
    },
    onEvent: ({ data }) => {
      done ||= data.startsWith('[DONE]');
      if (done) return;
      const chunk = JSON.parse(data) as (Chunk & { error?: unknown }) | null;
      if (chunk?.error)
        throw new ModelError('model.server_error', 'The model failed in the middle of its answer');
      if (chunk) take(chunk);
    },
  });
  const decoder = new StringDecoder('utf8');
  await readBody(response, (part) => {
    heard();
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw tooLong();
    parser.feed(decoder.write(part));
    return done;
  });
}

/**
 * Adds a chunk to what there is, and answers its text. Nobody has checked the types of its fields: what is of another one
 * says nothing.
 * @throws ModelError for an answer that comes to no end
 */
function gather(gathered: Gathered, chunk: Chunk): string {
  if (chunk.usage) {
    gathered.usage = toUsage(chunk.usage);
  }
  gathered.id ??= chunk.id;
  gathered.model ??= chunk.model;
  const choice = chunk.choices?.[0];
  if (!choice) return '';
  gathered.finishReason = textOf(choice.finish_reason) || gathered.finishReason;
  const { tool_calls: calls, content, refusal } = choice.delta ?? {};
  for (const part of Array.isArray(calls) ? calls : []) {
    const call = callOf(gathered, part?.index, textOf(part?.id));
    const [name, args] = [textOf(part?.function?.name), textOf(part?.function?.arguments)];
    call.toolName += name;
    call.arguments += args;
    gathered.characters += name.length + args.length;
  }
  const text = textOf(content ?? refusal);
  gathered.characters += text.length;
  if (gathered.characters > MAX_ANSWER_CHARACTERS) throw tooLong();
  return text;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * The call a piece belongs to. Providers tell calls apart by index, some of them by id only (all with index 0, or
 * without one): another id is another call. Whatever stands for an index is taken: it only has to be the same again.
 */
function callOf(gathered: Gathered, index: unknown, id: string): Gathered['toolCalls'][number] {
  const known = gathered.toolCalls.findLast((call) => call.index === index);
  if (known && (id === '' || known.callId === '' || known.callId === id)) {
    known.callId ||= id;
    return known;
  }
  if (gathered.toolCalls.length === MAX_TOOL_CALLS) throw tooLong();
  const call = { index, callId: id, toolName: '', arguments: '' };
  gathered.toolCalls.push(call);
  return call;
}

const isCount = (value: number) => Number.isInteger(value) && value >= 0 && value <= MAX_COUNT;

/** Null for what cannot be counts of tokens. */
function toUsage(usage: OpenAI.CompletionUsage): ModelUsage | null {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage;
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : null;
}

const tooLong = () => new ModelError('model.answer_too_long', 'The model’s answer has no end');

function complete(gathered: Gathered, durationMs: number): ModelAnswer {
  const { content, finishReason, usage } = gathered;
  const { toolCalls } = gathered;
  if (finishReason === null && gathered.firstTokenMs === null) {
    throw new ModelError('model.malformed_answer', 'What came from the model is no answer');
  }
  if (finishReason === null) {
    throw new ModelError('model.stream_cut', 'The model’s answer broke off');
  }
  if (content === '' && toolCalls.length === 0) {
    throw new ModelError('model.malformed_answer', 'The model answered nothing');
  }
  return {
    content,
    toolCalls,
    finishReason: storableText(finishReason.slice(0, 100)),
    usage,
    firstTokenMs: gathered.firstTokenMs ?? durationMs,
  };
}

const LONGEST_NAME = 100;

/** A provider may call things anything. */
const nameOf = (name: unknown): string | undefined =>
  typeof name === 'string' ? storableText(name).slice(0, LONGEST_NAME) : undefined;

const describeAnswer = (answer: ModelAnswer, { id, model }: Gathered): SpanAttributes => ({
  'gen_ai.response.id': nameOf(id),
  'gen_ai.response.model': nameOf(model),
  'gen_ai.response.finish_reasons': [answer.finishReason],
  'gen_ai.response.time_to_first_chunk': answer.firstTokenMs / 1000,
  'gen_ai.usage.input_tokens': answer.usage?.promptTokens,
  'gen_ai.usage.output_tokens': answer.usage?.completionTokens,
});

function toBody(request: ModelRequest): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
  return {
    model: request.model,
    messages: request.messages.map(toMessage),
    stream: true,
    stream_options: { include_usage: true },
    ...(request.tools.length > 0 && {
      tools: request.tools.map(({ name, description, parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
    }),
    ...(request.responseFormat && {
      response_format: {
        type: 'json_schema' as const,
        json_schema: { ...request.responseFormat, strict: true },
      },
    }),
  };
}

function toMessage(message: ModelMessage): OpenAI.Chat.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: message.callId };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content === '' && message.toolCalls.length > 0 ? null : message.content,
        ...(message.toolCalls.length > 0 && {
          tool_calls: message.toolCalls.map((call) => ({
            id: call.callId,
            type: 'function' as const,
            function: { name: call.toolName, arguments: call.arguments },
          })),
        }),
      };
  }
}

/** Says what went wrong in words of ours: a provider's text may hold keys, prompts, addresses. */
function toModelError(error: unknown): ModelError {
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
