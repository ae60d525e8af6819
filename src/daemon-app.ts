import { Logger } from '@nestjs/common';
import { NestExpressApplication } from '@nestjs/platform-express';
import { Logger as ProcessLogger } from 'nestjs-pino';
import { writeAddress } from './access/daemon-files.js';
import { Config } from './config/config.js';
import { serveLogin } from './console-login.js';
import { DaemonSocket } from './daemon/daemon-socket.js';
import { IdleEnd } from './daemon/idle-end.js';
import { keyOf } from './daemon/local-key.js';
import { createHttpApp } from './http-app.js';
import { limitedServer } from './http-server.js';
import { LocalLogins } from './modules/auth/index.js';
import { JobWorker } from './modules/jobs/index.js';
import { ModelSetup } from './modules/models/index.js';
import { OpenRequests } from './shared/api/open-requests.js';
import { Shutdown } from './shared/application/shutdown.js';
import { Clock } from './shared/domain/clock.js';
import { Database } from './shared/infrastructure/persistence/database.js';
import { VERSION } from './shared/infrastructure/version.js';

/**
 * The server of one user: on a port for its page, on a socket for the other clients.
 * @param setup the stamp of the setup file that it has begun with
 */
export async function startDaemonApp(folder: string, setup: string): Promise<NestExpressApplication> {
  const key = await keyOf(folder);
  const app = await createHttpApp();
  const { port, host, daemonIdleSeconds } = app.get(Config);
  const [shutdown, logins] = [app.get(Shutdown), app.get(LocalLogins)];
  serveLogin(app, logins);
  await app.listen(port, host);
  await app.get(JobWorker).start();
  const identity = { pid: process.pid, url: await app.getUrl(), version: VERSION, setup };
  const socket = await DaemonSocket.open(folder, {
    ...{ key, identity, shutdown },
    offerLogin: () => logins.offer(),
    serve: (handler) => limitedServer(handler),
    app: app.getHttpAdapter().getInstance() as never,
  });
  await writeAddress(folder, { ...identity, socket });
  app.useLogger(app.get(ProcessLogger));
  const logger = new Logger('Daemon');
  for (const warning of app.get(ModelSetup).warnings) logger.warn(warning);
  logger.log(`version ${VERSION} serves at ${identity.url}`);
  new IdleEnd(app.get(OpenRequests), app.get(Database), app.get(Clock), shutdown).watch(daemonIdleSeconds);
  return app;
}
