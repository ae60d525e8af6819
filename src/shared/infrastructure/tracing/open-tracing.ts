import { Config } from '../../../config/config.js';
import { InstanceId } from '../../application/instance-id.js';
import { Shutdown } from '../../application/shutdown.js';
import { Tracing } from '../../application/tracing.js';
import { Redaction } from '../redaction.js';
import { NoTracing } from './no-tracing.js';

/** As the settings say. Where no collector is named, nothing of OpenTelemetry is loaded. */
export async function openTracing(
  config: Config,
  instance: InstanceId,
  shutdown: Shutdown,
): Promise<Tracing> {
  if (!config.tracing) return new NoTracing();
  const { OpenTelemetryTracing } = await import('./open-telemetry-tracing.js');
  return new OpenTelemetryTracing(config.tracing, Redaction.of(config), instance, shutdown);
}
