import { randomBytes } from 'node:crypto';

/** Names a span to whatever follows from it, in this process or another (W3C Trace Context). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether whoever began the trace wants it recorded. */
  readonly sampled: boolean;
}

/** A version we do not know may say more behind what version 00 says (W3C Trace Context, 3.2.4). */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for what is no `traceparent`. */
export function parseTraceparent(text: string | null | undefined): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export const toTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;

/** The beginning of a trace that nobody has asked for. */
export const newTrace = (): TraceContext => ({
  traceId: randomBytes(16).toString('hex'),
  spanId: randomBytes(8).toString('hex'),
  sampled: true,
});

/** A span, and where in its trace it stands. */
export interface Place {
  readonly context: TraceContext;
  /** Undefined for one that begins its trace. */
  readonly parentSpanId: string | undefined;
}

/**
 * The place of something that outlives the process it began in. Its span has the last half of its id (a UUID, whose
 * first half is mostly time), so that every process knows it, long before the span is recorded.
 * @param traceparent what set it in motion; null where that is not known: it begins a trace named by its id then
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
  const { traceId, sampled } = parent ?? { traceId: digits, sampled: true };
  return { context: { traceId, spanId: digits.slice(16), sampled }, parentSpanId: parent?.spanId };
}

/** The place of a part of something, by the id of the part. */
export const placeWithin = ({ traceId, spanId, sampled }: TraceContext, id: string): Place => ({
  context: { traceId, spanId: id.replaceAll('-', '').slice(16), sampled },
  parentSpanId: spanId,
});
