import { AsyncLocalStorage } from 'node:async_hooks';
import { TraceContext, newTrace, toTraceparent } from './trace-context.js';

/** What a log line is about, besides what it says. */
export type LogFields = Readonly<Record<string, string | null | undefined>>;

interface LogContext {
  readonly fields: LogFields;
  readonly trace: TraceContext | undefined;
  /** What of another trace set this in motion. */
  readonly cause: TraceContext | undefined;
}

const NOWHERE: LogContext = { fields: {}, trace: undefined, cause: undefined };

const contexts = new AsyncLocalStorage<LogContext>();

const here = (): LogContext => contexts.getStore() ?? NOWHERE;

/** Whatever is logged by the work, and by what it sets in motion, carries these fields, besides those around it. */
export function withLogFields<T>(added: LogFields, work: () => T): T {
  const { fields, trace, cause } = here();
  return contexts.run({ fields: { ...fields, ...added }, trace, cause }, work);
}

/** The same, and the work is a part of this span. */
export function withTrace<T>(trace: TraceContext, added: LogFields, work: () => T): T {
  const { fields, trace: before } = here();
  const cause = before && before.traceId !== trace.traceId ? before : undefined;
  return contexts.run({ fields: { ...fields, ...added }, trace, cause }, work);
}

/** Does work that was set off from here and has nothing to do with what goes on here. */
export const outsideContext = <T>(work: () => T): T => contexts.run(NOWHERE, work);

/** The fields of the present line: an object of its own, which may be written to. */
export function logFields(): Record<string, string | null | undefined> {
  const { fields, trace } = here();
  return trace ? { ...fields, trace_id: trace.traceId } : { ...fields };
}

/** The span that the present work is a part of. */
export const currentTrace = (): TraceContext | undefined => here().trace;

/** What of another trace set the present work in motion. */
export const currentCause = (): TraceContext | undefined => here().cause;

/** What follows from the present work has this parent; where it is a part of nothing, a trace begins with it. */
export const currentTraceparent = (): string => toTraceparent(currentTrace() ?? newTrace());
