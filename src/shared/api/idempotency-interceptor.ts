import { CallHandler, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { Observable, defer, lastValueFrom } from 'rxjs';
import { Idempotency } from '../application/idempotency.js';
import { InputInvalid } from '../domain/domain-error.js';
import { userIdOf } from './current-user.js';
import { IDEMPOTENCY_KEY, IsKeyIgnored, isSoundKey } from './idempotency-key.js';
import { fingerprintOf } from './request-fingerprint.js';

/** A POST with an idempotency key takes effect once. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const key = request.get(IDEMPOTENCY_KEY);
    const isIgnored = this.reflector.get(IsKeyIgnored, context.getHandler());
    if (request.method !== 'POST' || key === undefined || isIgnored) return next.handle();
    if (!isSoundKey(key)) {
      throw new InputInvalid([
        { field: IDEMPOTENCY_KEY, message: 'must be 1 to 255 printable ASCII characters' },
      ]);
    }
    const idempotent = { userId: userIdOf(request), key, fingerprint: fingerprintOf(request) };
    // `within` runs the handler on the asynchronous path that holds the key.
    const handle = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return defer(() => this.idempotency.within(idempotent, handle));
  }
}
