import { Injectable } from '@nestjs/common';
import { Attributes, Span, SpanKind } from '@opentelemetry/api';
import OpenAI from 'openai';
import { Config } from '../../../config/config.js';
import { toTraceparent } from '../../../shared/application/trace-context.js';
import { Tracing } from '../../../shared/application/tracing.js';
import { enterModelCall } from '../../../shared/infrastructure/persistence/open-waits.js';
import {
  LanguageModel,
  ModelAnswer,
  ModelError,
  ModelListener,
  ModelRequest,
} from '../application/language-model.js';
import { ModelCircuit } from './model-circuit.js';
import { ModelEndpoint } from './model-endpoint.js';
import { modelFetch } from './model-transport.js';
import { ModelMetrics, outcomeOf } from './model.metrics.js';
import { OpenAiAnswer } from './openai-answer.js';
import { toModelError } from './openai-errors.js';
import { toBody } from './openai-request.js';
import { readChunks } from './openai-stream.js';

/** Any server that speaks OpenAI's chat completions, streamed. */
@Injectable()
export class OpenAiLanguageModel extends LanguageModel {
  private readonly client: OpenAI;
  private readonly server: URL;
  private readonly connectTimeoutMs: number;
  private readonly idleTimeoutMs: number;
  /** The trace is passed on to the model server only if its parent span is exported. */
  private readonly propagates: boolean;

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
    this.propagates = config.tracing !== undefined;
    this.client = new OpenAI({
      apiKey: endpoint.apiKey,
      baseURL: endpoint.baseUrl,
      timeout: this.connectTimeoutMs, // until the response begins; the watchdog takes over from there
      maxRetries: 0, // retries are up to the caller
      logLevel: 'off', // its log would contain the provider's text
      fetch: modelFetch(config),
    });
    this.server = new URL(this.client.baseURL);
  }

  async answer(request: ModelRequest, listener: ModelListener, signal: AbortSignal): Promise<ModelAnswer> {
    const options = { kind: SpanKind.CLIENT, attributes: this.attributesOf(request) };
    const ask = async (span: Span) => {
      try {
        const answer = await this.circuit.pass(
          (begins) => this.request(request, listener, begins, signal, span),
          signal,
          request.retry,
        );
        this.metrics.answered(request.model, answer);
        return answer;
      } catch (error) {
        this.metrics.failed(request.model, failureOf(error));
        throw error;
      }
    };
    return enterModelCall(request.model, () =>
      this.tracing.withSpan(`chat ${request.model}`, options, ask, failureOf),
    );
  }

  private attributesOf({ model, retry, responseFormat }: ModelRequest): Attributes {
    return {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai', // the protocol; the server may be another provider's
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
        ...(this.propagates && { headers: { traceparent: toTraceparent(span.spanContext()) } }),
      })
      .asResponse();
    const gathered = new OpenAiAnswer();
    const emit = (piece: string) => {
      if (piece !== '') listener.onText(piece);
    };
    const onSilence = () => idle.abort(new ModelError('model.idle_timeout', 'The model fell silent'));
    const watchdog = setTimeout(onSilence, this.idleTimeoutMs);
    try {
      await readChunks(
        response,
        () => watchdog.refresh(),
        (chunk) => {
          begins();
          emit(gathered.add(chunk, performance.now() - sentAt));
          const { firstCall } = gathered;
          if (firstCall) listener.onFirstCall?.(firstCall.toolName, firstCall.arguments);
        },
      );
    } finally {
      clearTimeout(watchdog);
    }
    signal.throwIfAborted();
    idle.signal.throwIfAborted();
    emit(gathered.end());
    const answer = gathered.complete(performance.now() - sentAt);
    span.setAttributes(describeAnswer(answer, gathered));
    return answer;
  }
}

const failureOf = (error: unknown): string =>
  error instanceof ModelError ? outcomeOf(error.code) : 'aborted';

const describeAnswer = (answer: ModelAnswer, { source }: OpenAiAnswer): Attributes => ({
  'gen_ai.response.id': source.id,
  'gen_ai.response.model': source.model,
  'gen_ai.response.finish_reasons': [answer.finishReason],
  'gen_ai.response.time_to_first_chunk': answer.firstTokenMs / 1000,
  'gen_ai.usage.input_tokens': answer.usage?.promptTokens,
  'gen_ai.usage.output_tokens': answer.usage?.completionTokens,
});
