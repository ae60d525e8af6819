import { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { Config, ConfigInvalid } from './config/config.js';
import { createHttpApp } from './http-app.js';
import { ModelEndpoint } from './modules/agents/index.js';
import { Shutdown } from './shared/application/shutdown.js';
import { DatabaseUnavailable } from './shared/application/errors.js';
import { sqlStateOf, translateDatabaseError } from './shared/infrastructure/persistence/database-errors.js';
import { EmbeddedPostgres } from './shared/infrastructure/persistence/embedded-postgres.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

/** Starts the process and says what it is and where. */
async function start(): Promise<NestExpressApplication> {
  const app = await createHttpApp();
  const config = app.get(Config);
  const logger = app.get(Logger);
  await app.listen(config.port, config.host);
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  const model = app.get(ModelEndpoint);
  const { description: database } = app.get(DatabaseLocation);
  const hello = `agent-runtime: Swagger UI at ${url}/docs, model: ${model.description}, database: ${database}`;
  if (config.logFormat === 'json') logger.log(hello);
  else console.log(`${hello}\n${tryIt(url)}`);
  app.useLogger(logger);
  if (model.offline) {
    logger.warn(
      'No model is configured: answers are canned. Set OPENAI_API_KEY or OPENAI_BASE_URL for a real one.',
    );
  }
  return app;
}

const tryIt = (url: string) => `
Try it:
  curl -s ${url}/v1/sessions -H 'content-type: application/json' -d '{}'
  curl -N ${url}/v1/sessions/<id>/messages/stream -H 'content-type: application/json' \\
    -d '{"type":"user_message","content":"Explain what a lease is"}'
`;

/** Ctrl-C reaches a process under npm twice, by the terminal and by npm: so close together they are one. */
const SAME_SIGNAL_MS = 500;

/**
 * The first signal ends the process in order; a second one shortens every wait. One that comes while it starts is heeded
 * when it has started, so that no half-made database is left behind.
 */
function stopOnSignals(starting: Promise<NestExpressApplication>): void {
  let stoppedAt: number | undefined;
  const stop = async (app: NestExpressApplication, signalledAt: number) => {
    if (stoppedAt !== undefined) {
      if (signalledAt - stoppedAt > SAME_SIGNAL_MS) app.get(Shutdown).hurryUp();
      return;
    }
    stoppedAt = signalledAt;
    try {
      await app.close();
      process.exit(0);
    } catch (error) {
      app.get(Logger).error({ err: error }, 'the process could not end in order');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const signalledAt = performance.now();
      starting.then((app) => stop(app, signalledAt), ended);
    });
  }
}

/** Nothing to stop: a start that fails ends the process by itself. */
const ended = () => undefined;

/** What keeps it from starting, in words where the reason is known. */
function explain(error: unknown): unknown {
  if (error instanceof ConfigInvalid) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'Cannot start: PORT is taken by another process';
  if (translateDatabaseError(error) instanceof DatabaseUnavailable) {
    return 'Cannot start: the database cannot be reached; look at DATABASE_URL';
  }
  return sqlStateOf(error) ? `Cannot start: the database says: ${message}` : error;
}

const starting = start();
stopOnSignals(starting);
starting.catch(async (error: unknown) => {
  console.error(explain(error));
  await EmbeddedPostgres.stopAll();
  process.exit(1);
});
