import { ExecutionContext, Injectable } from '@nestjs/common';
import { ThrottlerGuard, ThrottlerLimitDetail } from '@nestjs/throttler';
import type { Request } from 'express';
import { DomainError } from '../domain/domain-error.js';
import { JsonObject } from '../domain/json.js';
import { findUserId, userIdOf } from './current-user.js';

/** Methods that change nothing: they are not counted, but take turns (ReadLimit). */
export const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

class RateLimited extends DomainError {
  readonly code = 'request.rate_limited';
  readonly kind = 'too_many';
  override readonly details: JsonObject;

  constructor(
    limit: number,
    override readonly retryAfterSeconds: number,
  ) {
    super(`${limit} requests a minute are all that RATE_LIMIT_PER_MINUTE allows; try again later`);
    this.details = { limit: { name: 'RATE_LIMIT_PER_MINUTE', value: limit } };
  }
}

/** Limits how often a user may change something, over all routes. */
@Injectable()
export class RateLimit extends ThrottlerGuard {
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    return SAFE.has(request.method) || findUserId(request) === undefined;
  }

  protected override async getTracker(request: Record<string, unknown>): Promise<string> {
    return userIdOf(request as unknown as Request);
  }

  /** One count for all routes. */
  protected override generateKey(_context: ExecutionContext, userId: string): string {
    return userId;
  }

  protected override async throwThrottlingException(
    _context: ExecutionContext,
    { limit, timeToBlockExpire }: ThrottlerLimitDetail,
  ): Promise<void> {
    throw new RateLimited(limit, timeToBlockExpire);
  }
}
