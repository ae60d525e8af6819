import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { readCommandLine } from './command-line.js';
import { Config } from './config/config.js';
import { ModelSetup } from './modules/models/index.js';
import { JobWorker } from './modules/jobs/index.js';
import { serveOperation } from './operation-app.js';
import { runProcess } from './run-process.js';
import { RuntimeModule } from './runtime.module.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

readCommandLine('usage: agent-runtime worker', {});

/** Starts the process that executes jobs: no API, only a port for probes and scrapes. */
runProcess(async () => {
  const app = await NestFactory.createApplicationContext(RuntimeModule, {
    logger: false,
    abortOnError: false,
  });
  const config = app.get(Config);
  const logger = app.get(Logger);
  const url = await serveOperation(app, config.workerPort);
  const worker = app.get(JobWorker);
  await worker.start();
  const models = app.get(ModelSetup);
  const hello = [
    `agents-worker: ${config.jobs.concurrency} jobs at once, ${worker.description}`,
    `health and metrics at ${url}`,
    `model: ${models.description}`,
    `database: ${app.get(DatabaseLocation).description}`,
  ].join(', ');
  if (config.logFormat === 'json') logger.log(hello);
  else console.log(hello);
  app.useLogger(logger);
  for (const warning of models.warnings) logger.warn(warning);
  return app;
});
