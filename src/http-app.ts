import { NestFactory } from '@nestjs/core';
import { NestExpressApplication } from '@nestjs/platform-express';
import express from 'express';
import helmet from 'helmet';
import { ApiModule } from './api.module.js';
import { serveDocs } from './openapi.js';
import { OpenRequests } from './shared/api/open-requests.js';
import { requireLocalHost } from './shared/api/host-check.js';
import {
  BODY_LIMIT,
  explainMalformedJson,
  requireJson,
  requireStorable,
  requireUtf8,
} from './shared/api/request-body.js';
import { answerWithRequestId } from './shared/api/request-id.js';

/** The HTTP application, ready to listen. */
export async function createHttpApp(): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule, {
    logger: false, // until the real one takes over; an error that keeps it from starting is the caller's to tell
    bodyParser: false,
    forceCloseConnections: true,
    abortOnError: false,
  });
  return prepare(app);
}

/** What stands before the routes. */
export function prepare(app: NestExpressApplication): NestExpressApplication {
  app.set('etag', false);
  app.use(app.get(OpenRequests).track);
  app.use(answerWithRequestId);
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.use(requireLocalHost);
  app.use(requireJson);
  app.use(express.json({ limit: BODY_LIMIT, type: ['json', '+json'], verify: requireUtf8 }));
  app.use(explainMalformedJson);
  app.use(requireStorable);
  serveDocs(app);
  return app;
}
