import { Logger } from '@nestjs/common';
import { Attributes, Span, SpanKind } from '@opentelemetry/api';
import OpenAI from 'openai';
import { Config } from '../../../config/config.js';
import { toTraceparent } from '../../../shared/application/trace-context.js';
import { Tracing } from '../../../shared/application/tracing.js';
import {
  LanguageModel,
  ModelAnswer,
  ModelError,
  ModelListener,
  ModelRequest,
} from '../application/language-model.js';
import { requestTokens } from '../application/request-tokens.js';
import { CallLimits, CallWatch } from './call-watch.js';
import { JsonForm, JsonForms } from './json-forms.js';
import { ModelCircuit } from './model-circuit.js';
import { ModelProtocol } from './model-protocol.js';
import { ModelTransport, modelFetch, readBody } from './model-transport.js';
import { failureOf } from './model.metrics.js';
import { OpenAiAnswer, Shown } from './openai-answer.js';
import { OpenAiBody } from './openai-body.js';
import { refusalIn, toModelError } from './openai-errors.js';
import { OptionalFields } from './optional-fields.js';
import { OutputLimitField, OutputLimitFields } from './output-limit-fields.js';
import { LONGEST_TEXT } from './provider-refusal.js';
import { Provider } from './provider.js';
import { Returned, ReturnedFields } from './returned-fields.js';

/** The longest delay of a timer: the client itself has no limit, `CallWatch` has the limits. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** A provider that speaks one of OpenAI's protocols, streamed. */
export class OpenAiLanguageModel extends LanguageModel {
  private readonly logger = new Logger(OpenAiLanguageModel.name);
  private readonly client: OpenAI;
  private readonly transport: ModelTransport;
  private readonly server: URL;
  private readonly limits: CallLimits;
  /** The trace is passed on to the model server only if its parent span is exported. */
  private readonly propagates: boolean;

  constructor(
    provider: Provider,
    private readonly protocol: ModelProtocol,
    private readonly circuit: ModelCircuit,
    private readonly jsonForms: JsonForms,
    private readonly returnedFields: ReturnedFields,
    private readonly outputLimitFields: OutputLimitFields,
    private readonly optionalFields: OptionalFields,
    private readonly tracing: Tracing,
    config: Config,
  ) {
    super();
    this.limits = {
      connectMs: config.llm.connectTimeoutSeconds * 1000,
      firstTokenMs: config.llm.firstTokenTimeoutSeconds * 1000,
      idleMs: config.llm.idleTimeoutSeconds * 1000,
    };
    this.transport = new ModelTransport(config);
    this.propagates = config.tracing !== undefined;
    this.client = new OpenAI({
      apiKey: provider.apiKey,
      baseURL: provider.baseUrl,
      timeout: NO_TIMEOUT_MS,
      maxRetries: 0, // retries are up to the caller
      logLevel: 'off', // its log would contain the provider's text
      fetch: modelFetch,
    });
    this.server = new URL(this.client.baseURL);
  }

  async answer(request: ModelRequest, listener: ModelListener, signal: AbortSignal): Promise<ModelAnswer> {
    const options = { kind: SpanKind.CLIENT, attributes: this.attributesOf(request) };
    const ask = (span: Span) =>
      this.circuit.pass(
        (begins) =>
          this.optionalFields.ask(request, begins, (asked, nowBegins) =>
            this.request(asked, nowBegins, (body, beginsNow) =>
              this.send(asked, body, listener, beginsNow, signal, span),
            ),
          ),
        signal,
        request,
      );
    return this.tracing.withSpan(`chat ${request.model}`, options, ask, failureOf);
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

  /**
   * One request; where the model refuses what goes back to it, a form of asking for JSON, or the field of the limit of its
   * answer, one more without it.
   */
  private request(
    request: ModelRequest,
    begins: () => void,
    send: (body: object, begins: () => void) => Promise<ModelAnswer>,
  ): Promise<ModelAnswer> {
    const { model, responseFormat } = request;
    const { ways } = this.protocol;
    const bodyIn = (field: OutputLimitField, form?: JsonForm) => (returned: Returned) =>
      this.protocol.toBody(request, this.server.host, form, returned, field);
    const ask = (form?: JsonForm) =>
      this.outputLimitFields.ask(model, begins, (field, nowBegins) =>
        this.returnedFields.ask(model, ways, nowBegins, bodyIn(field, form), send),
      );
    return responseFormat ? this.jsonForms.ask(model, responseFormat.schema, ask) : ask();
  }

  private limitsOf({ firstTokenTimeoutSeconds: own }: ModelRequest): CallLimits {
    return own === undefined ? this.limits : { ...this.limits, firstTokenMs: own * 1000 };
  }

  /** @throws ModelError, or the signal's reason */
  private async send(
    request: ModelRequest,
    sent: object,
    listener: ModelListener,
    begins: () => void,
    signal: AbortSignal,
    span: Span,
  ): Promise<ModelAnswer> {
    const watch = new CallWatch(this.limitsOf(request));
    const gathered = new OpenAiAnswer(
      { provider: this.server.host, model: request.model },
      this.protocol.reader(),
      new Set(request.tools.map(({ name }) => name)),
    );
    try {
      return await this.stream({ watch, gathered }, sent, listener, begins, signal, span);
    } catch (error) {
      // A refused request has used nothing. If we end a request before its answer begins, the provider was working on it.
      const isEndedByUs = watch.isSent && (signal.aborted || watch.signal.aborted);
      if (gathered.length > 0 || isEndedByUs) listener.onUsed?.(gathered.used(requestTokens(request)));
      if (signal.aborted) throw signal.reason;
      const failure = toModelError(error);
      this.report(request, failure, error, span);
      throw failure;
    }
  }

  /** Logs what clients do not see: the provider's status and, at the level debug, its text. */
  private report({ model }: ModelRequest, { code, facts }: ModelError, error: unknown, span: Span): void {
    const { status, providerCode } = facts;
    span.setAttributes({
      'http.response.status_code': status,
      'agent_runtime.provider_code': providerCode,
    });
    this.logger.warn({ model, code, status, provider_code: providerCode }, 'a model call failed');
    const refusal = refusalIn(error);
    if (!refusal) return;
    this.logger.debug({ model, text: refusal.body.slice(0, LONGEST_TEXT) }, 'the provider says why');
  }

  private async stream(
    { watch, gathered }: { readonly watch: CallWatch; readonly gathered: OpenAiAnswer },
    sent: object,
    listener: ModelListener,
    begins: () => void,
    signal: AbortSignal,
    span: Span,
  ): Promise<ModelAnswer> {
    const begunAt = performance.now();
    const emit = ({ reasoning, text }: Shown) => {
      if (reasoning !== '') listener.onReasoning?.(reasoning);
      if (text !== '') listener.onText(text);
    };
    const body = new OpenAiBody((chunk) => {
      const before = gathered.length;
      const shown = gathered.add(chunk, performance.now() - begunAt);
      if (gathered.hasBegun) begins();
      emit(shown);
      if (gathered.isFinished) watch.finished();
      else if (gathered.length > before) watch.heard();
      if (gathered.isThinking) watch.thinks();
      for (const toolName of gathered.begunCalls()) listener.onCall?.(toolName);
      const { firstCall } = gathered;
      if (firstCall) listener.onFirstCall?.(firstCall.toolName, firstCall.arguments);
    });
    try {
      const response = await this.client
        .post(this.protocol.path, {
          body: sent,
          stream: true,
          signal: AbortSignal.any([signal, watch.signal]),
          fetchOptions: { dispatcher: this.transport.dispatcher(() => watch.sent()) },
          ...(this.propagates && { headers: { traceparent: toTraceparent(span.spanContext()) } }),
        })
        .asResponse();
      await readBody(response, (part) => body.push(part) || gathered.isClosed);
      body.end();
    } catch (error) {
      const cause: unknown = watch.signal.aborted ? watch.signal.reason : error;
      // An answer with a finish reason is whole, whatever its server or connection does then; unless it has no end.
      const { code } = toModelError(cause);
      if (signal.aborted || !gathered.isFinished || code === 'model.answer_too_long') throw cause;
    } finally {
      watch.stop();
    }
    signal.throwIfAborted();
    emit(gathered.end());
    const answer = gathered.complete(body.isDone, performance.now() - begunAt);
    span.setAttributes(describeAnswer(answer, gathered));
    return answer;
  }
}

const describeAnswer = (answer: ModelAnswer, { source }: OpenAiAnswer): Attributes => ({
  'gen_ai.response.id': source.id,
  'gen_ai.response.model': source.model,
  'gen_ai.response.finish_reasons': [answer.finishReason],
  'gen_ai.response.time_to_first_chunk': answer.firstTokenMs / 1000,
  'gen_ai.usage.input_tokens': answer.usage?.promptTokens,
  'gen_ai.usage.output_tokens': answer.usage?.completionTokens,
});
