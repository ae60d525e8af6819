import { NotFoundException } from '@nestjs/common';
import { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import { NestFactory } from '@nestjs/core';
import { NestExpressApplication } from '@nestjs/platform-express';
import { type NextFunction, type Request, type Response, Router } from 'express';
import helmet from 'helmet';
import { ApiModule } from './api.module.js';
import { Config } from './config/config.js';
import { explainName, serveConsole } from './console.js';
import { LimitedHttpServer } from './http-server.js';
import { storesBytes } from './modules/blobs/index.js';
import { mayBeLarge, mendedFields, takesToolResults } from './modules/runs/index.js';
import { serveDocs } from './openapi.js';
import { Authentication, PROTECTED_PATH, isOpenToAll } from './shared/api/authentication.js';
import { askForBody } from './shared/api/deferred-continue.js';
import { requireLocalPage } from './shared/api/host-check.js';
import { LargeBodies } from './shared/api/large-bodies.js';
import { OpenRequests } from './shared/api/open-requests.js';
import {
  BODY_LIMIT,
  LARGEST_BODY,
  LimitOf,
  explainBody,
  fillEmptyBody,
  parseBytes,
  parseJson,
  requireJson,
  requireLength,
  requireStorable,
} from './shared/api/request-body.js';
import { requireSoundHead } from './shared/api/request-head.js';
import { answerWithRequestId } from './shared/api/request-id.js';
import { RequestLog } from './shared/api/request-log.js';
import { UnreadResponses } from './shared/api/unread-responses.js';
import { HttpMetrics } from './shared/infrastructure/metrics/http.metrics.js';

/** The HTTP application, ready to listen. */
export async function createHttpApp(): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule, new LimitedHttpServer(), {
    logger: false, // until the real logger is set; the caller reports an error that prevents the start
    bodyParser: false,
    abortOnError: false,
  });
  return prepare(app);
}

/** Installs the middleware in front of the routes. */
export function prepare(app: NestExpressApplication): NestExpressApplication {
  app.set('etag', false);
  app.use(app.get(OpenRequests).track);
  app.use(app.get(HttpMetrics).measure);
  app.use(app.get(RequestLog).track);
  app.use(app.get(UnreadResponses).watch);
  app.use(answerWithRequestId);
  app.use(
    helmet({
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      strictTransportSecurity: false, // for the proxy that encrypts: it knows its domain
    }),
  );
  app.use(requireSoundHead);
  const { auth, console: hasConsole, corsAllowedOrigins, metricsPort } = app.get(Config);
  if (corsAllowedOrigins.length > 0) app.enableCors(corsOf(corsAllowedOrigins));
  if (auth.mode === 'none' && hasConsole) app.use(explainName);
  if (auth.mode === 'none') app.use(requireLocalPage(corsAllowedOrigins));
  const { identify } = app.get(Authentication);
  if (auth.mode !== 'local_key') app.use(PROTECTED_PATH, identify);
  else {
    app.use((request: Request, response: Response, next: NextFunction) =>
      isOpenToAll(request) ? next() : identify(request, response, next),
    );
  }
  const bodies = app.get(LargeBodies);
  // Bodies are parsed on user routes only.
  const json = Router().use([
    requireJson,
    requireLength(limitOf),
    bodies.admit,
    askForBody,
    parseJson(limitOf),
    explainBody(limitOf),
    fillEmptyBody,
    bodies.requireKind(mayBeLarge),
    requireStorable(mendedFields),
  ]);
  const bytes = Router().use([
    requireLength(largest),
    bodies.admit,
    askForBody,
    parseBytes,
    explainBody(largest),
  ]);
  app.use(PROTECTED_PATH, (request: Request, response: Response, next: NextFunction) =>
    (takesBytes(request) ? bytes : json)(request, response, next),
  );
  if (metricsPort !== undefined) app.use('/metrics', absent); // serveOperation serves them
  serveDocs(app);
  if (hasConsole) serveConsole(app);
  return app;
}

const limitOf: LimitOf = ({ method, baseUrl, path }) =>
  method === 'POST' && takesToolResults(baseUrl + path) ? LARGEST_BODY : BODY_LIMIT;

const largest: LimitOf = () => LARGEST_BODY;

const takesBytes = ({ method, baseUrl, path }: Request): boolean =>
  method === 'POST' && storesBytes(baseUrl + path);

const absent = (): never => {
  throw new NotFoundException();
};

/**
 * The headers that pages of other origins may send and read. No cookies: credentials are in the Authorization header.
 */
const corsOf = (origins: readonly string[]): CorsOptions => ({
  origin: [...origins],
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowedHeaders: [
    ...['authorization', 'content-type', 'idempotency-key', 'if-none-match', 'last-event-id'],
    ...['traceparent', 'x-request-id'],
  ],
  exposedHeaders: ['etag', 'retry-after', 'x-request-id'],
  maxAge: 600,
});
