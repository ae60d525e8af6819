import { randomBytes } from 'node:crypto';
import { ExecutionContext, createParamDecorator } from '@nestjs/common';
import type { Request } from 'express';

/** Version 00 of the header of W3C Trace Context: version, trace, parent, flags. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace that a request belongs to, by its `traceparent`; a new one where it names none. */
export const TraceId = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const header = context.switchToHttp().getRequest<Request>().header('traceparent');
  return TRACEPARENT.exec(header ?? '')?.[1] ?? randomBytes(16).toString('hex');
});
