import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Authenticator, NotAuthenticated } from '../application/authenticator.js';
import { findUserId, setUserId } from './current-user.js';

/** Everything beneath is for users; what is elsewhere (health, metrics, documentation) is for whoever can reach it. */
export const PROTECTED_PATH = '/v1';

/** Middleware: who sends a request is known before its body is read. */
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

  /** Whether a request that is being answered would still be let in: a key may be revoked, a token expire meanwhile. */
  async stillHolds(request: Request): Promise<boolean> {
    try {
      return (await this.authenticator.authenticate(request.headers.authorization)) === findUserId(request);
    } catch (error) {
      if (error instanceof NotAuthenticated) return false;
      throw error;
    }
  }
}
