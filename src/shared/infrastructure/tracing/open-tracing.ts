import { TracerProvider, trace } from '@opentelemetry/api';
import { Config } from '../../../config/config.js';
import { InstanceId } from '../../application/instance-id.js';
import { PresetIdGenerator } from '../../application/preset-id-generator.js';
import { Shutdown } from '../../application/shutdown.js';
import { Tracing } from '../../application/tracing.js';

/** Without a collector in the settings, the SDK is not loaded and the tracer is the no-op one of the API. */
export async function openTracing(
  config: Config,
  instance: InstanceId,
  shutdown: Shutdown,
): Promise<Tracing> {
  const ids = new PresetIdGenerator();
  let provider: TracerProvider = trace;
  if (config.tracing) {
    const { otlpTracerProvider } = await import('./otlp-tracer-provider.js');
    provider = otlpTracerProvider(config.tracing, config, ids, instance, shutdown);
  }
  return new Tracing(provider.getTracer('agent-runtime'), ids);
}
