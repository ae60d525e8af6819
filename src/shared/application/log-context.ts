import { AsyncLocalStorage } from 'node:async_hooks';
import { SpanContext } from '@opentelemetry/api';
import { newTrace, toTraceparent } from './trace-context.js';

/** Fields of a log line, besides its message. */
export type LogFields = Readonly<Record<string, string | null | undefined>>;

interface LogContext {
  readonly fields: LogFields;
  readonly trace?: SpanContext | undefined;
  /** The span of another trace that caused this work. */
  readonly cause?: SpanContext | undefined;
}

const NOWHERE: LogContext = { fields: {} };

const contexts = new AsyncLocalStorage<LogContext>();

const here = (): LogContext => contexts.getStore() ?? NOWHERE;

/** All lines logged by the work, and by what it starts, have these fields, besides those of the current context. */
export function withLogFields<T>(added: LogFields, work: () => T): T {
  const context = here();
  return contexts.run({ ...context, fields: { ...context.fields, ...added } }, work);
}

/** The same, and the work is part of this span. */
export function withTrace<T>(trace: SpanContext, added: LogFields, work: () => T): T {
  const { fields, trace: before } = here();
  const cause = before && before.traceId !== trace.traceId ? before : undefined;
  return contexts.run({ fields: { ...fields, ...added }, trace, cause }, work);
}

/** Runs work that belongs to another context: without the log fields and the span of this one. */
export const runDetached = <T>(work: () => T): T => contexts.run(NOWHERE, work);

/** The fields of the current context, as a new object that the logger may change. */
export function logFields(): Record<string, string | null | undefined> {
  const { fields, trace } = here();
  return trace ? { ...fields, trace_id: trace.traceId } : { ...fields };
}

/** The span that the current work is part of. */
export const currentTrace = (): SpanContext | undefined => here().trace;

/** The span of another trace that caused the current work. */
export const currentCause = (): SpanContext | undefined => here().cause;

/** The `traceparent` for work that the current work starts: the current span, or else a new trace. */
export const currentTraceparent = (): string => toTraceparent(currentTrace() ?? newTrace());
