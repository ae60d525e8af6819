import { TraceContext, newTrace } from '../../application/trace-context.js';
import { OpenSpan, PastSpan, Span, SpanStart, Tracing } from '../../application/tracing.js';

const nothing = () => undefined;

const NO_SPAN: Span = { context: undefined, set: nothing, fail: nothing };

/** Where no collector is named: nothing is recorded. A trace still has its id, for the log and for whoever goes on. */
export class NoTracing extends Tracing {
  begin(_name: string, parent: TraceContext | undefined): OpenSpan {
    return { context: parent ?? newTrace(), set: nothing, fail: nothing, end: nothing };
  }

  within<T>(_name: string, _start: SpanStart, work: (span: Span) => Promise<T>): Promise<T> {
    return work(NO_SPAN);
  }

  record(_name: string, _past: PastSpan): void {
    // There is nobody to tell.
  }
}
