import { Logger } from '@nestjs/common';
import {
  Attributes,
  ROOT_CONTEXT,
  Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { atMost } from '../../application/at-most.js';
import { InstanceId } from '../../application/instance-id.js';
import { currentCause, currentTrace, withTrace } from '../../application/log-context.js';
import { Shutdown } from '../../application/shutdown.js';
import { TraceContext } from '../../application/trace-context.js';
import {
  OpenSpan,
  PastSpan,
  Span,
  SpanAttributes,
  SpanStart,
  Tracing,
  errorTypeOf,
} from '../../application/tracing.js';
import { Redaction } from '../redaction.js';
import { ChosenIds } from './chosen-ids.js';
import { OutspokenExporter } from './outspoken-exporter.js';

/** How long the end of the process waits for the collector to take the last spans. */
const LAST_SPANS_MS = 2_000;

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

const NO_SPAN: Span = { context: undefined, set: () => undefined, fail: () => undefined };

export interface TracingSettings {
  readonly endpoint: string;
  readonly serviceName: string;
  /** 0..1 */
  readonly ratio: number;
}

/**
 * Sends spans to a collector (OTLP over HTTP). Nothing is registered globally: what belongs to what is known by the log
 * context, so that there is no second one to be carried along.
 */
export class OpenTelemetryTracing extends Tracing {
  private readonly ids = new ChosenIds();
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;

  constructor(
    { endpoint, serviceName, ratio }: TracingSettings,
    private readonly redaction: Redaction,
    instance: InstanceId,
    shutdown: Shutdown,
  ) {
    super();
    const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
    const exporter = new OutspokenExporter(new OTLPTraceExporter({ url }), new Logger(Tracing.name));
    this.provider = new BasicTracerProvider({
      idGenerator: this.ids,
      resource: resourceFromAttributes({
        'service.name': serviceName,
        'service.instance.id': instance.value,
      }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    this.tracer = this.provider.getTracer('agent-runtime');
    shutdown.register('flush_spans', () => {
      const flushed = this.provider.shutdown().catch(() => undefined); // the exporter has said it
      return atMost(LAST_SPANS_MS, flushed, shutdown.hurry);
    });
  }

  begin(name: string, parent: TraceContext | undefined, start: SpanStart): OpenSpan {
    const span = this.start(name, parent, start);
    return {
      ...this.toSpan(span),
      end: (finalName) => {
        span.updateName(finalName);
        span.end();
      },
    };
  }

  async within<T>(name: string, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T> {
    const parent = currentTrace();
    if (!parent) return work(NO_SPAN);
    const sdkSpan = this.start(name, parent, start, currentCause());
    const span = this.toSpan(sdkSpan);
    try {
      return await withTrace(span.context, {}, () => work(span));
    } catch (error) {
      span.fail(errorTypeOf(error));
      throw error;
    } finally {
      sdkSpan.end();
    }
  }

  record(name: string, { place, from, to, errorType, ...start }: PastSpan): void {
    const { context, parentSpanId } = place;
    const parent = parentSpanId === undefined ? undefined : { ...context, spanId: parentSpanId };
    const span = this.ids.chosen(context, () => this.start(name, parent, start, undefined, from));
    if (errorType) this.toSpan(span).fail(errorType);
    span.end(to);
  }

  private start(
    name: string,
    parent: TraceContext | undefined,
    { kind = 'internal', attributes = {} }: SpanStart,
    cause?: TraceContext,
    startTime?: Date,
  ): SdkSpan {
    return this.tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        attributes: this.toAttributes(attributes),
        ...(cause && { links: [{ context: toSpanContext(cause) }] }),
        ...(startTime && { startTime }),
      },
      parent ? trace.setSpanContext(ROOT_CONTEXT, toSpanContext(parent)) : ROOT_CONTEXT,
    );
  }

  private toSpan(span: SdkSpan): Span & { context: TraceContext } {
    const { traceId, spanId, traceFlags } = span.spanContext();
    let failed = false;
    return {
      context: { traceId, spanId, sampled: (traceFlags & 1) === 1 },
      set: (attributes) => void span.setAttributes(this.toAttributes(attributes)),
      fail: (errorType) => {
        if (failed) return;
        failed = true;
        span.setAttribute('error.type', errorType);
        span.setStatus({ code: SpanStatusCode.ERROR });
      },
    };
  }

  private toAttributes(given: SpanAttributes): Attributes {
    const attributes: Attributes = {};
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined || value === null) continue;
      if (typeof value === 'string') attributes[name] = this.redaction.clean(value);
      else if (typeof value === 'object') attributes[name] = value.map((each) => this.redaction.clean(each));
      else attributes[name] = value;
    }
    return attributes;
  }
}

const toSpanContext = ({ traceId, spanId, sampled }: TraceContext) => ({
  traceId,
  spanId,
  traceFlags: sampled ? 1 : 0,
  isRemote: true,
});
