import { Logger } from '@nestjs/common';
import { TracerProvider } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  IdGenerator,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { Config } from '../../../config/config.js';
import { atMost } from '../../application/at-most.js';
import { InstanceId } from '../../application/instance-id.js';
import { Shutdown } from '../../application/shutdown.js';
import { Tracing } from '../../application/tracing.js';
import { proxyEnv } from '../proxies.js';
import { Redaction } from '../redaction.js';
import { LoggingExporter } from './logging-exporter.js';
import { RedactingProcessor } from './redacting-processor.js';

/** How long the shutdown waits for the collector to take the last spans. */
const LAST_SPANS_MS = 2_000;

/** A provider whose tracers send spans to a collector (OTLP over HTTP), the last ones during the shutdown. */
export function otlpTracerProvider(
  { endpoint, serviceName, ratio }: NonNullable<Config['tracing']>,
  config: Config,
  idGenerator: IdGenerator,
  instance: InstanceId,
  shutdown: Shutdown,
): TracerProvider {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new LoggingExporter(
    new OTLPTraceExporter({ url, httpAgentOptions: { keepAlive: true, proxyEnv: proxyEnv(config) } }),
    new Logger(Tracing.name),
  );
  const provider = new BasicTracerProvider({
    idGenerator,
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': instance.value }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    // No limit: the SDK would cut a secret before the redaction, which then would not recognise it.
    spanLimits: { attributeValueLengthLimit: Infinity },
    spanProcessors: [new RedactingProcessor(exporter, Redaction.of(config))],
  });
  shutdown.register('flush_spans', () => {
    const flushed = provider.shutdown().catch(() => undefined); // the exporter has logged it
    return atMost(LAST_SPANS_MS, flushed, shutdown.forced);
  });
  return provider;
}
