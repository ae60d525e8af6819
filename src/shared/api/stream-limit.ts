import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Config } from '../../config/config.js';
import { DomainError } from '../domain/domain-error.js';
import { JsonObject } from '../domain/json.js';
import { userIdOf } from './current-user.js';

/** An estimate: a stream has no known end. */
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
 * Limits the open streams of a user in this process. Not over all processes: streams use sockets and memory of this
 * one.
 */
@Injectable()
export class StreamLimit implements CanActivate {
  private readonly open = new Map<string, number>();

  constructor(private readonly config: Config) {}

  canActivate(context: ExecutionContext): boolean {
    const { sseConnectionsPerUser: limit } = this.config;
    const response = context.switchToHttp().getResponse<Response>();
    if (limit === 0 || response.destroyed) return true; // a closed connection is not counted
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
