import {
  Attributes,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  Span,
  SpanContext,
  SpanKind,
  SpanOptions,
  SpanStatusCode,
  Tracer,
  trace,
} from '@opentelemetry/api';
import { DomainError } from '../domain/domain-error.js';
import { currentCause, currentTrace, withTrace } from './log-context.js';
import { PresetIdGenerator } from './preset-id-generator.js';
import { Place, newTrace } from './trace-context.js';

/** Work that is over and may have begun in another process. */
export interface PastSpan {
  readonly place: Place;
  readonly from: Date;
  readonly to: Date;
  readonly attributes: Attributes;
  readonly errorType?: string | null | undefined;
}

/**
 * The spans of this server: names and numbers, never texts of users or models. The port is OpenTelemetry's `Tracer`,
 * which records nothing without an SDK. It is injected, not global: servers in one process export to different
 * places.
 */
export class Tracing {
  /** @param ids the id generator of the tracer, if an SDK is behind it */
  constructor(
    private readonly tracer: Tracer,
    private readonly ids: PresetIdGenerator,
  ) {}

  /** Starts the span of a received request. @param parent the client's span; undefined = a new trace */
  startRequest(name: string, parent: SpanContext | undefined, attributes: Attributes): Span {
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
    // The no-op tracer begins no trace, but the log needs a trace id.
    return trace.isSpanContextValid(span.spanContext()) ? span : trace.wrapSpanContext(newTrace());
  }

  /**
   * Runs work within a child of the current span; without a current span, nothing is recorded.
   * @param toErrorType maps an error to the `error.type` of the span: one of a small set
   */
  async withSpan<T>(
    name: string,
    options: SpanOptions,
    work: (span: Span) => Promise<T>,
    toErrorType: (error: unknown) => string = errorTypeOf,
  ): Promise<T> {
    const parent = currentTrace();
    if (!parent) return work(trace.wrapSpanContext(INVALID_SPAN_CONTEXT));
    const cause = currentCause();
    const links = cause ? [{ context: cause }] : [];
    const span = this.tracer.startSpan(name, { ...options, links }, contextOf(parent));
    try {
      return await withTrace(span.spanContext(), {}, () => work(span));
    } catch (error) {
      failSpan(span, toErrorType(error));
      throw error;
    } finally {
      span.end();
    }
  }

  /** Records a span that is over, with the ids of its place. */
  record(name: string, { place, from, to, attributes, errorType }: PastSpan): void {
    const { context, parentSpanId } = place;
    const parent = parentSpanId === undefined ? undefined : { ...context, spanId: parentSpanId };
    const span = this.ids.preset(context, () =>
      this.tracer.startSpan(name, { attributes, startTime: from }, contextOf(parent)),
    );
    if (errorType) failSpan(span, errorType);
    span.end(to);
  }
}

/** @param errorType one of a small set: a code, or a class name */
export function failSpan(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType).setStatus({ code: SpanStatusCode.ERROR });
}

/** A name for an error, out of a small set: a code, or the name of its class. */
export function errorTypeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof Error ? error.constructor.name : typeof error;
}

const contextOf = (parent: SpanContext | undefined) =>
  parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
