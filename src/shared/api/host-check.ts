import type { NextFunction, Request, Response } from 'express';
import { DomainError } from '../domain/domain-error.js';

class HostNotAllowed extends DomainError {
  readonly code = 'request.host_not_allowed';
  readonly kind = 'forbidden';

  constructor() {
    super(
      'Without authentication this server answers to addresses and to localhost only, not to other names',
    );
  }
}

/**
 * Middleware for a server without authentication. A web page can give its own name the address 127.0.0.1 (DNS
 * rebinding) and would then speak to this server as its own; but its requests carry that name.
 */
export function requireLocalHost(request: Request, _response: Response, next: NextFunction): void {
  const name = request.hostname ?? '';
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || name.includes(':');
  next(name === '' || name === 'localhost' || isAddress ? undefined : new HostNotAllowed());
}
