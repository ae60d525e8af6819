import { IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace-node';
import { TraceContext } from '../../application/trace-context.js';

/** Random ids, but where they are known beforehand: the SDK lets nobody say which ids a span is to have. */
export class ChosenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private next: TraceContext | undefined;

  /** A span that is begun by this has these ids. */
  chosen<T>(context: TraceContext, begin: () => T): T {
    this.next = context;
    try {
      return begin();
    } finally {
      this.next = undefined;
    }
  }

  generateSpanId = (): string => this.next?.spanId ?? this.random.generateSpanId();

  generateTraceId = (): string => this.next?.traceId ?? this.random.generateTraceId();
}
