import { AttributeValue } from '@opentelemetry/api';
import { BatchSpanProcessor, ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { Redaction } from '../redaction.js';

/** Exports spans in batches, with redacted attributes. */
export class RedactingProcessor extends BatchSpanProcessor {
  constructor(
    exporter: SpanExporter,
    private readonly redaction: Redaction,
  ) {
    super(exporter);
  }

  override onEnd(span: ReadableSpan): void {
    const clean = <T>(value: T) => (typeof value === 'string' ? this.redaction.clean(value) : value);
    for (const [name, value] of Object.entries(span.attributes)) {
      span.attributes[name] = Array.isArray(value)
        ? ((value as unknown[]).map(clean) as AttributeValue)
        : clean(value);
    }
    super.onEnd(span);
  }
}
