import { isUtf8 } from 'node:buffer';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { DomainError, FieldFault, InputInvalid } from '../domain/domain-error.js';

/** In bytes. */
export const BODY_LIMIT = 2 * 1024 * 1024;
/** Of a body with the result of a tool, in bytes. */
export const LARGEST_BODY = 8 * 1024 * 1024;

const MAX_DEPTH = 64;
/** Every value is checked several times: a large array of zeros would block the event loop. */
const MAX_VALUES = 100_000;

/** Middleware before the body is read: answers 415 to a body that is not JSON, which Express would ignore. */
export function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  next(hasBody && !request.is(['json', '+json']) ? new UnsupportedMediaTypeException() : undefined);
}

/** The limit of a body in bytes, decided before the body is read. */
export type LimitOf = (request: Request) => number;

export class BodyTooLarge extends DomainError {
  readonly code = 'request.too_large';
  readonly kind = 'too_large';

  constructor(limit: number) {
    super(
      limit === LARGEST_BODY
        ? 'The request body is larger than 8 MB: of a result that is so large, send the end of it, or an `error`; of an image, a smaller one'
        : 'The request body is larger than 2 MB, which only one with a `tool_result`, or an image, may be',
    );
  }
}

class BodyCompressed extends DomainError {
  readonly code = 'request.unsupported_media_type';
  readonly kind = 'unsupported';

  constructor() {
    super('The request body is compressed: send it without Content-Encoding');
  }
}

/** There is no room for one more large body (LargeBodies). */
export class BodiesFull extends DomainError {
  readonly code = 'server.busy';
  readonly kind = 'unavailable';
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The server has as many large request bodies in hand as it takes; send this one again');
  }
}

/** The same as an error of the parser, which changes the errors that it hands on. */
export class NoRoom extends Error {}

/** Middleware before the body is read: answers 413 to one that its header says is too large. */
export const requireLength =
  (limitOf: LimitOf) =>
  (request: Request, _response: Response, next: NextFunction): void => {
    const limit = limitOf(request);
    next(Number(request.headers['content-length']) > limit ? new BodyTooLarge(limit) : undefined);
  };

const parserOf = (limit: number) =>
  express.json({
    limit,
    type: ['json', '+json'],
    inflate: false,
    verify: requireUtf8,
  });

/** Middleware that reads the body. Compressed ones are refused: 2 KB can be 2 MB of brackets. */
export function parseJson(limitOf: LimitOf): RequestHandler {
  const parsers = { [BODY_LIMIT]: parserOf(BODY_LIMIT), [LARGEST_BODY]: parserOf(LARGEST_BODY) };
  return (request, response, next) => parsers[limitOf(request)]!(request, response, next);
}

/** Middleware that reads a body of any type as bytes; an empty one stays undefined. */
export const parseBytes = express.raw({ limit: LARGEST_BODY, type: () => true, inflate: false });

/** Middleware after the body is read: an empty one is `{}`, with a content type or without. */
export function fillEmptyBody(request: Request, _response: Response, next: NextFunction): void {
  request.body ??= {};
  next();
}

class MalformedJson extends DomainError {
  readonly code = 'request.malformed_json';
  readonly kind = 'invalid';
}

/** JSON that is exchanged is in UTF-8 (RFC 8259, 8.1). The body parser itself takes UTF-16 and UTF-32, too. */
class UnsupportedCharset extends UnsupportedMediaTypeException {
  readonly type = 'charset.unsupported';
}

/** Checks the raw body: decoding would silently replace bytes that are not UTF-8. */
function requireUtf8(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset !== 'utf-8') throw new UnsupportedCharset();
  if (!isUtf8(body)) throw new Error('not UTF-8');
}

/** Error types of the body parser for JSON that it cannot parse, and of `requireUtf8`. */
const UNREADABLE = new Set(['entity.parse.failed', 'entity.verify.failed']);

/** Error middleware of the body parser, whose error types Nest would merge into one. */
export const explainBody =
  (limitOf: LimitOf) =>
  (error: unknown, request: Request, _response: Response, next: NextFunction): void => {
    const { type = '' } = error as { type?: string };
    if (type === 'entity.too.large') return next(new BodyTooLarge(limitOf(request)));
    if (type === 'encoding.unsupported') return next(new BodyCompressed());
    if (error instanceof NoRoom) return next(new BodiesFull());
    const malformed = UNREADABLE.has(type);
    next(malformed ? new MalformedJson('The request body is not a JSON object or array in UTF-8') : error);
  };

/**
 * Middleware after the body is read: refuses values that the code behind it cannot handle. Deep nesting overflows
 * recursive code; PostgreSQL cannot store NUL and lone surrogates; copying an object drops a key `__proto__`.
 * @param mendedFields names the fields of a body in which any text may stand: the use case replaces what cannot be stored
 */
export const requireStorable =
  (mendedFields: (body: unknown) => readonly string[]) =>
  ({ body }: Request, _response: Response, next: NextFunction): void => {
    const fault = findFault(body, mendedFields(body));
    next(fault && new InputInvalid([fault]));
  };

/** Iterative: depth is one of the things it limits. */
function findFault(body: unknown, mended: readonly string[]): FieldFault | undefined {
  const open: { value: unknown; field: string; depth: number }[] = [{ value: body, field: '', depth: 0 }];
  let values = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, field, depth } = next;
    const isMended = mended.includes(topOf(field));
    if (depth > MAX_DEPTH)
      return { field: topOf(field), message: `is nested deeper than ${MAX_DEPTH} levels` };
    if (typeof value === 'string') {
      const fault = isMended ? undefined : faultOf(value);
      if (fault) return { field: field || 'body', message: fault };
    } else if (typeof value === 'object' && value !== null) {
      values += Array.isArray(value) ? value.length : Object.keys(value).length;
      if (values > MAX_VALUES)
        return { field: topOf(field), message: `holds more than ${MAX_VALUES} values` };
      for (const [key, part] of Object.entries(value)) {
        const fault = key === '__proto__' ? 'is __proto__' : isMended ? undefined : faultOf(key);
        if (fault) return { field: field || 'body', message: `has a key that ${fault}` };
        open.push({ value: part, field: field ? `${field}.${key}` : key, depth: depth + 1 });
      }
    }
  }
  return undefined;
}

const topOf = (field: string) => field.split('.', 1)[0] || 'body';

function faultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'contains a NUL character';
  return text.isWellFormed() ? undefined : 'contains half of a surrogate pair';
}
