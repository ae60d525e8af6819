import { STATUS_CODES } from 'node:http';
import { ArgumentsHost, Catch, ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { NotAuthenticated } from '../application/authenticator.js';
import { DomainError, ErrorKind } from '../domain/domain-error.js';
import { Fault, problemOf } from './problem.dto.js';
import { requestIdOf } from './request-id.js';

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  too_many: 429,
  unavailable: 503,
};

const RETRY_AFTER_SECONDS = 1;

type ProblemOfError = Fault & { retryAfterSeconds?: number | undefined };

/** Errors of the body parser and the router, by status. */
const HTTP_CODES: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['request.malformed', 'The request cannot be read'],
  404: ['route.not_found', 'There is nothing at this address'],
  415: ['request.unsupported_media_type', 'Send JSON in UTF-8, with Content-Type: application/json'],
};

/** Turns every error into a problem answer. Of an error outside the API a client learns only that it happened. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const described = this.describe(error);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const { status, retryAfterSeconds } = described;
    const problem = problemOf(described, requestIdOf(host.switchToHttp().getRequest<Request>()));
    const wait = retryAfterSeconds ?? (status === 503 ? RETRY_AFTER_SECONDS : undefined);
    if (status === 401) response.setHeader('www-authenticate', challenge(error));
    if (wait !== undefined) response.setHeader('retry-after', wait);
    response.status(status).type('application/problem+json').send(JSON.stringify(problem));
  }

  private describe(error: unknown): ProblemOfError {
    if (error instanceof DomainError) {
      const { code, kind, message, faults, details, retryAfterSeconds } = error;
      if (kind === 'unavailable') this.logger.warn({ err: error }, 'a request could not be served');
      return {
        status: STATUS[kind],
        code,
        detail: message,
        ...(faults.length > 0 && { errors: [...faults] }),
        details,
        retryAfterSeconds,
      };
    }
    const status = statusOf(error);
    if (status < 500) {
      const isJson =
        (error as { type?: string }).type === 'entity.parse.failed' || error instanceof SyntaxError;
      if (status === 400 && isJson) {
        return { status, code: 'request.malformed_json', detail: 'The request body is not valid JSON' };
      }
      const [code, detail] = HTTP_CODES[status] ?? ['request.refused', STATUS_CODES[status] ?? 'Refused'];
      return { status, code, detail };
    }
    this.logger.error({ err: error }, 'a request failed by a defect');
    return { status: 500, code: 'internal', detail: 'Something went wrong inside the server' };
  }
}

/** RFC 6750, 3: a request without credentials gets a challenge without an error code. */
const challenge = (error: unknown): string =>
  `Bearer realm="agent-runtime"${error instanceof NotAuthenticated && error.given ? ', error="invalid_token"' : ''}`;

/** The status that Nest, Express and its body parser put on their errors. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
