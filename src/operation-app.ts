import { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { Config } from './config/config.js';
import { LimitedHttpServer } from './http-server.js';
import { AnswerProbe, OperationModule } from './modules/health/index.js';
import { AnswerInterceptor } from './shared/api/answer.js';
import { requireLocalPage } from './shared/api/host-check.js';
import { ProblemFilter } from './shared/api/problem-filter.js';
import { requireSoundHead } from './shared/api/request-head.js';
import { answerWithRequestId } from './shared/api/request-id.js';
import { Shutdown } from './shared/application/shutdown.js';

/**
 * Serves probes and scrapes on a port of their own: METRICS_PORT, or WORKER_PORT in a worker process.
 * @returns its address
 */
export async function serveOperation(main: INestApplicationContext, port: number): Promise<string> {
  const { auth, host } = main.get(Config);
  const app = await NestFactory.create<NestExpressApplication>(
    OperationModule.of(main.get(AnswerProbe)),
    new LimitedHttpServer(),
    { bodyParser: false, abortOnError: false },
  );
  app.set('etag', false);
  app.use(answerWithRequestId);
  app.use(helmet({ strictTransportSecurity: false }));
  app.use(requireSoundHead);
  if (auth.mode === 'none') app.use(requireLocalPage([]));
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalInterceptors(new AnswerInterceptor());
  await app.listen(port, host);
  // Open until late in the shutdown, so that the drain can be observed.
  main.get(Shutdown).register('close_database', () => app.close());
  return app.getUrl();
}
