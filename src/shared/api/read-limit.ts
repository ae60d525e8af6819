import { AsyncLocalStorage } from 'node:async_hooks';
import { CallHandler, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { BulkheadPolicy, BulkheadRejectedError, bulkhead } from 'cockatiel';
import type { Request, Response } from 'express';
import { Observable, defer, lastValueFrom } from 'rxjs';
import { DomainError } from '../domain/domain-error.js';
import { findUserId } from './current-user.js';
import { SAFE } from './rate-limit.js';
import { IsStream } from './streams-events.js';

/** Reads of one user in this process: a page of 4 MB takes a connection of the pool, and the event loop to write it. */
export const READ_LIMITS = { atOnce: 2, waiting: 100 };

class TooManyReads extends DomainError {
  readonly code = 'read.too_many';
  readonly kind = 'too_many';
  override readonly retryAfterSeconds = 1;

  constructor() {
    super(`${READ_LIMITS.waiting} of your reads wait for their turn already; send fewer at once`);
  }
}

/** The reads of a user, a few of them in work. */
interface Reads {
  readonly turns: BulkheadPolicy;
  /** In work or waiting. */
  open: number;
}

/**
 * Reads of one user take turns, in the order in which they came, so that others need not wait for all of them. They are
 * counted per process, since they take up its connections and its event loop. StreamLimit limits streams.
 */
@Injectable()
export class ReadLimit implements NestInterceptor {
  private readonly users = new Map<string, Reads>();

  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const userId = findUserId(request);
    const isStream = this.reflector.get(IsStream, context.getHandler());
    if (userId === undefined || isStream || !SAFE.has(request.method)) return next.handle();
    const response = http.getResponse<Response>();
    // A client that has left while it waited is not read for.
    const read = async () =>
      response.destroyed ? undefined : lastValueFrom(next.handle(), { defaultValue: undefined });
    return defer(() => this.inTurn(userId, read));
  }

  private async inTurn(userId: string, read: () => Promise<unknown>): Promise<unknown> {
    const { atOnce, waiting } = READ_LIMITS;
    const reads = this.users.get(userId) ?? { turns: bulkhead(atOnce, waiting), open: 0 };
    this.users.set(userId, reads);
    reads.open++;
    try {
      // Bound: it is called on the asynchronous path of the read whose turn has ended.
      return await reads.turns.execute(AsyncLocalStorage.bind(read));
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? new TooManyReads() : error;
    } finally {
      reads.open--;
      if (reads.open === 0) this.users.delete(userId);
    }
  }
}
