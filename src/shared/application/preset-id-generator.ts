import { SpanContext } from '@opentelemetry/api';
import { newTrace } from './trace-context.js';

/** Generates random ids, except for spans whose ids are known beforehand: a tracer takes no ids as arguments. */
export class PresetIdGenerator {
  private next: SpanContext | undefined;

  /** A span that `start` starts gets the ids of this context. */
  preset<T>(context: SpanContext, start: () => T): T {
    this.next = context;
    try {
      return start();
    } finally {
      this.next = undefined;
    }
  }

  generateSpanId = (): string => (this.next ?? newTrace()).spanId;

  generateTraceId = (): string => (this.next ?? newTrace()).traceId;
}
