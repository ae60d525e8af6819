import { Logger } from '@nestjs/common';
import { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { outsideContext } from '../../application/log-context.js';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Says once that spans are lost, and once that they are not any more. */
export class OutspokenExporter implements SpanExporter {
  private isReachable = true;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(spans: ReadableSpan[], done: (result: Result) => void): void {
    // Whoever ended the last span of a batch has nothing to do with the others.
    outsideContext(() =>
      this.exporter.export(spans, (result) => {
        this.note(result);
        done(result);
      }),
    );
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private note({ error }: Result): void {
    const isReachable = error === undefined;
    if (isReachable === this.isReachable) return;
    this.isReachable = isReachable;
    if (isReachable) this.logger.log('the collector takes spans again');
    else this.logger.warn({ err: error }, 'the collector does not take spans; they are dropped');
  }
}
