import { randomBytes } from 'node:crypto';
import { SpanContext, TraceFlags } from '@opentelemetry/api';

/** A version other than 00 may have more fields at its end (W3C Trace Context, 3.2.4). */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Undefined for text that is not a `traceparent`. The API of OpenTelemetry has no parser; the one of its SDK is not
 * loaded where tracing is off, but trace ids are logged there too.
 */
export function parseTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}

export const toTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;

/** The root of a new trace. */
export const newTrace = (): SpanContext => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  traceFlags: TraceFlags.SAMPLED,
});

/** The ids of a span and of its parent. */
export interface Place {
  readonly context: SpanContext;
  /** Undefined for the root of a trace. */
  readonly parentSpanId: string | undefined;
}

/**
 * The place of a span that may outlive its process. Its span id is the last half of the entity's id (a UUID, whose
 * first half is mostly time), so that every process knows it long before the span is recorded.
 * @param traceparent of its cause; null where the cause is unknown: then it begins a trace named by its id
 */
export function placeOf({
  id,
  traceparent,
}: {
  readonly id: string;
  readonly traceparent: string | null;
}): Place {
  const digits = id.replaceAll('-', '');
  const parent = parseTraceparent(traceparent);
  const { traceId, traceFlags } = parent ?? { traceId: digits, traceFlags: TraceFlags.SAMPLED };
  return { context: { traceId, spanId: digits.slice(16), traceFlags }, parentSpanId: parent?.spanId };
}

/** The place of a part, by its id, below the span of the whole. */
export const placeWithin = ({ traceId, spanId, traceFlags }: SpanContext, id: string): Place => ({
  context: { traceId, spanId: id.replaceAll('-', '').slice(16), traceFlags },
  parentSpanId: spanId,
});
