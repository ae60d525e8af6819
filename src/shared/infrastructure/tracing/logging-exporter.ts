import { Logger } from '@nestjs/common';
import { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { runDetached } from '../../application/log-context.js';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Logs once when spans are lost, and once when they are exported again. */
export class LoggingExporter implements SpanExporter {
  private isReachable = true;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: Logger,
  ) {}

  export(spans: ReadableSpan[], done: (result: Result) => void): void {
    // A batch holds spans of many requests; its log lines belong to none of them.
    runDetached(() =>
      this.exporter.export(spans, (result) => {
        this.logChange(result);
        done(result);
      }),
    );
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private logChange({ error }: Result): void {
    const isReachable = error === undefined;
    if (isReachable === this.isReachable) return;
    this.isReachable = isReachable;
    if (isReachable) this.logger.log('the collector takes spans again');
    else this.logger.warn({ err: error }, 'the collector does not take spans; they are dropped');
  }
}
