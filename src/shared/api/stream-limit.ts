import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Config } from '../../config/config.js';
import { DomainError } from '../domain/domain-error.js';
import { JsonObject } from '../domain/json.js';
import { userIdOf } from './current-user.js';

/** Streams last: there is no time at which one of them would have ended for sure. */
const RETRY_AFTER_SECONDS = 10;

class TooManyStreams extends DomainError {
  readonly code = 'stream.too_many';
  readonly kind = 'too_many';
  override readonly retryAfterSeconds = RETRY_AFTER_SECONDS;
  override readonly details: JsonObject;

  constructor(limit: number) {
    super(
      `${limit} event streams are open, which is all that SSE_CONNECTIONS_PER_USER allows; end one first`,
    );
    this.details = { limit: { name: 'SSE_CONNECTIONS_PER_USER', value: limit } };
  }
}

/**
 * Limits how many streams a user has open here. By process and not for all of them together: what streams take up
 * (sockets, memory) is the process's.
 */
@Injectable()
export class StreamLimit implements CanActivate {
  private readonly open = new Map<string, number>();

  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): boolean {
    const { sseConnectionsPerUser: limit } = this.config;
    const response = context.switchToHttp().getResponse<Response>();
    if (limit === 0 || response.destroyed) return true; // nobody is there any more to be counted
    const userId = userIdOf(context.switchToHttp().getRequest<Request>());
    const open = this.open.get(userId) ?? 0;
    if (open >= limit) throw new TooManyStreams(limit);
    this.open.set(userId, open + 1);
    response.once('close', () => this.release(userId));
    return true;
  }

  private release(userId: string): void {
    const open = this.open.get(userId)! - 1;
    if (open === 0) this.open.delete(userId);
    else this.open.set(userId, open);
  }
}
