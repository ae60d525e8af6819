import { TraceFlags } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { newTrace, parseTraceparent, placeOf, placeWithin, toTraceparent } from './trace-context.js';

const { NONE, SAMPLED } = TraceFlags;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const ID = '0198c6a1-77aa-7e01-8f6b-5a1c2d3e4f50';

describe('a traceparent', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, SAMPLED],
    [`00-${TRACE}-${SPAN}-00`, NONE],
    [`00-${TRACE}-${SPAN}-03`, SAMPLED],
    // A version to come.
    [`01-${TRACE}-${SPAN}-01`, SAMPLED],
    [`01-${TRACE}-${SPAN}-01-more`, SAMPLED],
  ])('%s is read', (text, traceFlags) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
  });

  it.each([
    undefined,
    null,
    '',
    TRACE,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01 `,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `01-${TRACE}-${SPAN}-01more`,
  ])('%s is none', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it('is written as it is read', () => {
    for (const context of [newTrace(), { ...newTrace(), traceFlags: NONE }]) {
      expect(parseTraceparent(toTraceparent(context))).toEqual({ ...context, isRemote: true });
    }
  });
});

describe('the place of a span that may outlive its process', () => {
  it('is known by its id, below its cause', () => {
    expect(placeOf({ id: ID, traceparent: `00-${TRACE}-${SPAN}-00` })).toEqual({
      context: { traceId: TRACE, spanId: '8f6b5a1c2d3e4f50', traceFlags: NONE },
      parentSpanId: SPAN,
    });
  });

  it('begins a trace where its cause is unknown, the same one for every process', () => {
    expect(placeOf({ id: ID, traceparent: null })).toEqual({
      context: {
        traceId: '0198c6a177aa7e018f6b5a1c2d3e4f50',
        spanId: '8f6b5a1c2d3e4f50',
        traceFlags: SAMPLED,
      },
      parentSpanId: undefined,
    });
  });

  it('holds its parts, by their ids', () => {
    const whole = { traceId: TRACE, spanId: SPAN, traceFlags: SAMPLED };
    expect(placeWithin(whole, ID)).toEqual({
      context: { traceId: TRACE, spanId: '8f6b5a1c2d3e4f50', traceFlags: SAMPLED },
      parentSpanId: SPAN,
    });
  });
});
