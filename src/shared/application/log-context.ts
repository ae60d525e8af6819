import { AsyncLocalStorage } from 'node:async_hooks';
import { SpanContext } from '@opentelemetry/api';
import { newTrace, toTraceparent } from './trace-context.js';

/** What a log line is about, besides its message. */
export type LogFields = Readonly<Record<string, string | null | undefined>>;

interface LogContext {
  readonly fields: LogFields;
  readonly trace?: SpanContext | undefined;
  /** The span of another trace that set this in motion. */
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

/** Does work that was started here but belongs to nothing here: without the fields and the span of this context. */
export const runDetached = <T>(work: () => T): T => contexts.run(NOWHERE, work);

/** The fields of the current line: an object of its own, which may be written to. */
export function logFields(): Record<string, string | null | undefined> {
  const { fields, trace } = here();
  return trace ? { ...fields, trace_id: trace.traceId } : { ...fields };
}

/** The span that the current work is part of. */
export const currentTrace = (): SpanContext | undefined => here().trace;

/** The span of another trace that set the current work in motion. */
export const currentCause = (): SpanContext | undefined => here().cause;

/** For what follows from the current work: the current span; a new trace where there is none. */
export const currentTraceparent = (): string => toTraceparent(currentTrace() ?? newTrace());
