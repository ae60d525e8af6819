import { Logger } from 'nestjs-pino';
import { Config, ConfigInvalid } from './config/config.js';
import { createHttpApp } from './http-app.js';
import { ModelEndpoint } from './modules/agents/index.js';
import { Shutdown } from './shared/application/shutdown.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

async function main(): Promise<void> {
  const starting = createHttpApp();
  stopOnSignals(starting);
  const app = await starting;
  const config = app.get(Config);
  const logger = app.get(Logger);
  await app.listen(config.port, config.host);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  const model = app.get(ModelEndpoint);
  const hello = `agent-runtime: Swagger UI at ${url}/docs, model: ${model.description}, database: ${app.get(DatabaseLocation).description}`;
  if (config.logFormat === 'json') logger.log(hello);
  else console.log(`${hello}\n${tryIt(url)}`);
  app.useLogger(logger);
  if (model.offline) {
    logger.warn(
      'No model is configured: answers are canned. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.',
    );
  }
}

const tryIt = (url: string) => `
Try it:
  curl -s ${url}/v1/sessions -H 'content-type: application/json' -d '{}'
  curl -N ${url}/v1/sessions/<id>/messages/stream -H 'content-type: application/json' \\
    -d '{"type":"user_message","content":"Explain what a lease is"}'
`;

/**
 * The first signal ends the process in order; a second one shortens every wait. One that comes while it starts is heeded
 * when it has started, so that no half-made database is left behind.
 */
function stopOnSignals(starting: ReturnType<typeof createHttpApp>): void {
  let stopping = false;
  const stop = async () => {
    const app = await starting;
    if (stopping) return app.get(Shutdown).hurryUp();
    stopping = true;
    try {
      await app.close();
      process.exit(0);
    } catch (error) {
      app.get(Logger).error({ err: error }, 'the process could not end in order');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    // A start that fails is told by whoever waits for it.
    process.on(signal, () => void stop().catch(() => process.exit(1)));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigInvalid ? error.message : error);
  process.exit(1);
});
