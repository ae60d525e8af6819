import { BadRequestException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

/** Fields that decide about a request and that Node takes the first of: a proxy may have gone by another. */
const SINGLE = ['host', 'authorization', 'content-type'];

/** Middleware: HTTP/1.1 requires one Host header in every request (RFC 9112, 3.2). */
export function requireSoundHead(request: Request, _response: Response, next: NextFunction): void {
  const { headersDistinct, httpVersion } = request;
  const lacksHost = headersDistinct['host'] === undefined && httpVersion === '1.1';
  const repeats = SINGLE.some((name) => (headersDistinct[name]?.length ?? 0) > 1);
  next(lacksHost || repeats ? new BadRequestException() : undefined);
}
