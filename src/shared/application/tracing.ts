import { DomainError } from '../domain/domain-error.js';
import { Place, TraceContext } from './trace-context.js';

/** What is told of a span: names and numbers, never what people or models say. What is undefined is left out. */
export type SpanAttributes = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

export type SpanKind = 'internal' | 'server' | 'client';

export interface SpanStart {
  /** Unset = internal. */
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
}

/** A span while its work goes on. */
export interface Span {
  /** Undefined where nothing is recorded. */
  readonly context: TraceContext | undefined;
  set(attributes: SpanAttributes): void;
  /** Its work came to nothing. The first word counts. @param errorType one of few: a code, the name of a class */
  fail(errorType: string): void;
}

/** A span whose end is not the end of a promise. */
export interface OpenSpan extends Span {
  readonly context: TraceContext;
  end(name: string): void;
}

/** Something that is over, and had begun long ago, in another process perhaps. */
export interface PastSpan extends SpanStart {
  readonly place: Place;
  readonly from: Date;
  readonly to: Date;
  readonly errorType?: string | null | undefined;
}

/** Tells a collector how long what took, and what belongs to what. It never fails, and never keeps work waiting. */
export abstract class Tracing {
  /** Begins a span of its own accord. @param parent what it follows from; undefined = it begins a trace */
  abstract begin(name: string, parent: TraceContext | undefined, start: SpanStart): OpenSpan;
  /**
   * Carries work out within a span, which is a part of what goes on around it; where nothing does, there is no span. What
   * the work throws fails the span.
   */
  abstract within<T>(name: string, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T>;
  /** Records a span that is over. */
  abstract record(name: string, past: PastSpan): void;
}

/** How an error is called where there must be few names. */
export function errorTypeOf(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  return error instanceof Error ? error.constructor.name : typeof error;
}
