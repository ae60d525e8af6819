import { Injectable, Logger } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { runDetached, withLogFields, withTrace } from '../application/log-context.js';
import { parseTraceparent } from '../application/trace-context.js';
import { Tracing, failSpan } from '../application/tracing.js';
import { findUserId } from './current-user.js';
import { requestIdOf } from './request-id.js';

/** Probes and scrapes come every few seconds and tell nothing. */
const QUIET = /^\/(health|metrics|docs)(\/|$)/;

const LONGEST_PATH = 1_000;

/**
 * First middleware of each request: one log line when it is over, and one span, which continues the client's trace.
 * All log lines of the request, and of the work that it starts, carry its ids.
 */
@Injectable()
export class RequestLog {
  private readonly logger = new Logger(RequestLog.name);

  constructor(private readonly tracing: Tracing) {}

  readonly track = (request: Request, response: Response, next: NextFunction): void => {
    const fields = { request_id: requestIdOf(request) };
    // Without the query, which may hold anything.
    const path = legible(request.path.slice(0, LONGEST_PATH));
    if (QUIET.test(path)) {
      withLogFields(fields, next);
      return;
    }
    const begunAt = performance.now();
    const { method, protocol } = request;
    const span = this.tracing.startRequest(method, parseTraceparent(request.get('traceparent')), {
      'http.request.method': method,
      'url.path': path,
      'url.scheme': protocol,
    });
    response.once('close', () => {
      const { statusCode: status } = response;
      const route = routeOf(request);
      span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
      if (status >= 500) failSpan(span, String(status));
      span.updateName(route ? `${method} ${route}` : method).end();
      const durationMs = performance.now() - begunAt;
      // A stream ends in the context of its last event, which may belong to another request.
      runDetached(() =>
        withTrace(span.spanContext(), fields, () => this.log(request, response, path, durationMs)),
      );
    });
    withTrace(span.spanContext(), fields, next);
  };

  private log(request: Request, response: Response, path: string, durationMs: number): void {
    const { statusCode: status } = response;
    const line = {
      user_id: findUserId(request),
      method: request.method,
      path,
      status,
      duration_ms: Math.round(durationMs),
    };
    const message = response.writableFinished ? 'request completed' : 'request aborted';
    // The error itself has a line of its own.
    if (status >= 500) this.logger.warn(line, message);
    else this.logger.log(line, message);
  }
}

/** Without percent escapes, which would hide a secret from the redaction. */
function legible(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // invalid escapes: no other program decodes them either
  }
}

/** The pattern of the path, which is the same for many requests; undefined where no route was found. */
const routeOf = (request: Request): string | undefined =>
  (request.route as { path?: string } | undefined)?.path;
