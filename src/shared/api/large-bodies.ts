import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { BODY_LIMIT, BodiesFull, BodyTooLarge, LARGEST_BODY, NoRoom } from './request-body.js';

/** In bytes. Smaller bodies do not count. */
const LARGE = 1024 * 1024;
/** Of the large bodies that a process has in hand at the same time, in bytes. */
export const LARGE_BODIES_LIMIT = 64 * 1024 * 1024;

/** Bounds the memory that request bodies take: from their first byte until the request is accepted or answered. */
@Injectable()
export class LargeBodies {
  private readonly sizes = new WeakMap<Request, number>();
  private held = 0;

  /** Middleware before the body is read: answers 503 to a large one while there is no room for it. */
  readonly admit = (request: Request, response: Response, next: NextFunction): void => {
    response.once('close', () => this.forget(request));
    if (!this.resize(request, Number(request.headers['content-length'] ?? 0))) return next(new BodiesFull());
    if (request.headers['transfer-encoding'] !== undefined) this.count(request);
    next();
  };

  /** Middleware after the body is read: only bodies of one kind may have more than 2 MB. */
  readonly requireKind =
    (mayBeLarge: (body: unknown) => boolean) =>
    (request: Request, _response: Response, next: NextFunction): void => {
      const isTooLarge = this.sizeOf(request) > BODY_LIMIT && !mayBeLarge(request.body);
      next(isTooLarge ? new BodyTooLarge(BODY_LIMIT) : undefined);
    };

  /** Lets go of a body whose request was accepted: its response may go on for long. */
  release(request: Request): void {
    this.forget(request);
    request.body = undefined;
  }

  /** Counts a body of unknown length as it arrives. The parser of the body gets the error, and hands it on. */
  private count(request: Request): void {
    let received = 0;
    const add = (chunk: Buffer) => {
      received += chunk.length;
      const isRefused = received > LARGEST_BODY; // by the parser, which then keeps nothing of it
      const hasRoom = !isRefused && this.resize(request, received);
      if (hasRoom) return;
      request.off('data', add);
      this.forget(request);
      if (!isRefused) request.emit('error', new NoRoom());
    };
    request.on('error', () => undefined); // the parser does not listen where it has refused the headers
    request.on('data', add);
  }

  private resize(request: Request, bytes: number): boolean {
    const size = bytes > LARGE ? bytes : 0;
    const held = this.held - this.sizeOf(request) + size;
    if (held > LARGE_BODIES_LIMIT) return false;
    this.held = held;
    this.sizes.set(request, size);
    return true;
  }

  private sizeOf(request: Request): number {
    return this.sizes.get(request) ?? 0;
  }

  private forget(request: Request): void {
    this.held -= this.sizeOf(request);
    this.sizes.delete(request);
  }
}
