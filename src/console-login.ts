import { NestExpressApplication } from '@nestjs/platform-express';
import { type NextFunction, type Request, type Response, json } from 'express';
import { LocalLogins } from './modules/auth/index.js';
import { NotAuthenticated } from './shared/application/authenticator.js';

const PATH = '/console/login';

/** Takes the token of `agent-runtime console` from its page, once, and answers the key of that page. */
export function serveLogin(app: NestExpressApplication, logins: LocalLogins): void {
  app.use(PATH, json({ limit: '1kb' }), (request: Request, response: Response, next: NextFunction) => {
    if (request.method !== 'POST') return next();
    const { token } = (request.body ?? {}) as { token?: unknown };
    const key = typeof token === 'string' ? logins.redeem(token) : undefined;
    if (key === undefined) return next(new NotAuthenticated(true));
    response.setHeader('cache-control', 'no-store').json({ key });
  });
}
