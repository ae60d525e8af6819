import type { NextFunction, Request, Response } from 'express';
import { DomainError } from '../domain/domain-error.js';
import { isLocalName } from '../domain/local-name.js';

class HostNotAllowed extends DomainError {
  readonly code = 'request.host_not_allowed';
  readonly kind = 'forbidden';

  constructor() {
    super(
      'Without authentication this server answers to addresses and to localhost only, not to other names',
    );
  }
}

class OriginNotAllowed extends DomainError {
  readonly code = 'request.origin_not_allowed';
  readonly kind = 'forbidden';

  constructor() {
    super('Without authentication only pages of this server, and of CORS_ALLOWED_ORIGINS, may ask');
  }
}

/**
 * Middleware for a server without authentication, which any browser on this machine can reach. A page of another
 * origin may send some requests without a preflight; they carry its Origin header.
 */
export const requireLocalPage =
  (allowedOrigins: readonly string[]) =>
  (request: Request, _response: Response, next: NextFunction): void => {
    if (!isLocalName(request.headers.host)) return next(new HostNotAllowed());
    const { origin, host } = request.headers;
    const own = origin === undefined || allowedOrigins.includes(origin) || origin === `http://${host}`;
    next(own ? undefined : new OriginNotAllowed());
  };
