import { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from 'nestjs-pino';
import { readCommandLine } from './command-line.js';
import { Config } from './config/config.js';
import { readConfig } from './config/read-config.js';
import { refuseBesideDaemon } from './daemon/refuse-beside-daemon.js';
import { createHttpApp } from './http-app.js';
import { ModelSetup } from './modules/models/index.js';
import { JobWorker } from './modules/jobs/index.js';
import { serveOperation } from './operation-app.js';
import { runProcess } from './run-process.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';

const USAGE = `usage: agent-runtime serve [--api-only]

  --api-only   leaves jobs to workers: agent-runtime worker`;

/** Set by `npm run start:api`: other processes execute the jobs. */
const { values } = readCommandLine(USAGE, { 'api-only': { type: 'boolean' } });
const API_ONLY = values['api-only'] === true;

/** Starts the process and prints what it is and its address. */
async function start(): Promise<NestExpressApplication> {
  await refuseBesideDaemon(readConfig());
  const app = await createHttpApp();
  const config = app.get(Config);
  const logger = app.get(Logger);
  if (config.metricsPort !== undefined) await serveOperation(app, config.metricsPort);
  await app.listen(config.port, config.host);
  const worker = app.get(JobWorker);
  if (!API_ONLY) await worker.start();
  const jobs = `${worker.description}${API_ONLY ? ', left to agents-worker' : ''}`;
  const url = (await app.getUrl()).replace('[::1]', 'localhost');
  const model = app.get(ModelSetup);
  const { description: database } = app.get(DatabaseLocation);
  const hello = `agent-runtime: Swagger UI at ${url}/docs, model: ${model.description}, database: ${database}, jobs: ${jobs}, auth: ${config.auth.mode}`;
  if (config.logFormat === 'json') logger.log(hello);
  else console.log(`${hello}\n${tryIt(url, config.auth.mode, config.console)}`);
  app.useLogger(logger);
  for (const warning of model.warnings) logger.warn(warning);
  return app;
}

const tryIt = (
  url: string,
  auth: Config['auth']['mode'],
  hasConsole: boolean,
) => `${hasConsole ? `\nOpen ${url}/ in a browser.\n` : ''}
Try it${HINTS[auth]}:
  curl -s ${url}/v1/sessions${credentials(auth)} -H 'content-type: application/json' -d '{}'
  curl -N ${url}/v1/sessions/<id>/messages/stream${credentials(auth)} -H 'content-type: application/json' \\
    -d '{"type":"user_message","content":"Explain what a lease is"}'
`;

/** How to get credentials, by authentication mode. */
const HINTS = {
  none: '',
  local_key: ', with KEY=$(cat DATA_DIR/local.key)',
  api_key: ', after KEY=$(npm run --silent keys -- create --user me)',
  jwt: ', with KEY=<a token of your issuer>',
};

const credentials = (auth: Config['auth']['mode']) =>
  auth === 'none' ? '' : ' -H "authorization: Bearer $KEY"';

runProcess(start);
