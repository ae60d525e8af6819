import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Authenticator, NotAuthenticated } from '../application/authenticator.js';
import { findUserId, setUserId } from './current-user.js';

/** Routes below this path need a user. Health, metrics and documentation are public, but for AUTH_MODE=local_key. */
export const PROTECTED_PATH = '/v1';

/**
 * Whether a server with AUTH_MODE=local_key answers without its key, to all users of its machine: its page, which gets a key
 * by a login, and that it lives.
 */
export const isOpenToAll = ({ path }: Request): boolean => /^\/((console(\/.*)?)?|health\/live)$/.test(path);

/** Middleware: authenticates the client before the body is read. */
@Injectable()
export class Authentication {
  constructor(private readonly authenticator: Authenticator) {}

  readonly identify = async (request: Request, _response: Response, next: NextFunction): Promise<void> => {
    try {
      setUserId(request, await this.authenticator.authenticate(request.headers.authorization));
    } catch (error) {
      next(error);
      return;
    }
    next();
  };

  /** Whether the credentials of an open stream are still valid: a key may be revoked, a token may expire. */
  async stillHolds(request: Request): Promise<boolean> {
    try {
      return (await this.authenticator.authenticate(request.headers.authorization)) === findUserId(request);
    } catch (error) {
      if (error instanceof NotAuthenticated) return false;
      throw error;
    }
  }
}
