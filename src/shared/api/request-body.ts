import { isUtf8 } from 'node:buffer';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { DomainError, FieldFault, InputInvalid } from '../domain/domain-error.js';

export const BODY_LIMIT = '2mb';

const MAX_DEPTH = 64;
/** Each is looked at, here and behind: a body of nothing but zeros would keep everybody else waiting. */
const MAX_VALUES = 100_000;

/** Middleware before the body is read: a body that is not JSON is refused by name instead of being overlooked. */
export function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  next(hasBody && !request.is(['json', '+json']) ? new UnsupportedMediaTypeException() : undefined);
}

class MalformedJson extends DomainError {
  readonly code = 'request.malformed_json';
  readonly kind = 'invalid';
}

/** Looks at the body before it is decoded: what is not UTF-8 would be altered silently. */
export function requireUtf8(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw new Error('not UTF-8');
}

/** How the body parser calls what it cannot parse, and what `requireUtf8` refuses. */
const UNREADABLE = new Set(['entity.parse.failed', 'entity.verify.failed']);

/** Error middleware of the body parser: Nest would make one kind of error of all that it says. */
export function explainMalformedJson(
  error: unknown,
  _request: Request,
  _response: Response,
  next: NextFunction,
): void {
  const malformed = UNREADABLE.has((error as { type?: string }).type ?? '');
  next(malformed ? new MalformedJson('The request body is not a JSON object or array in UTF-8') : error);
}

/**
 * Middleware after the body is read: refuses what nobody means and nothing behind it can take. JSON may nest without
 * end, which recursive code dies of; text may hold NUL and halves of surrogate pairs, which PostgreSQL cannot store; and a
 * key `__proto__` is dropped by whoever copies an object.
 */
export function requireStorable(request: Request, _response: Response, next: NextFunction): void {
  const fault = findFault(request.body);
  next(fault && new InputInvalid([fault]));
}

/** Walks without recursion, since depth is what it is there to limit. */
function findFault(body: unknown): FieldFault | undefined {
  const open: { value: unknown; field: string; depth: number }[] = [{ value: body, field: '', depth: 0 }];
  let values = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, field, depth } = next;
    if (depth > MAX_DEPTH)
      return { field: topOf(field), message: `is nested deeper than ${MAX_DEPTH} levels` };
    if (typeof value === 'string') {
      const fault = faultOf(value);
      if (fault) return { field: field || 'body', message: fault };
    } else if (typeof value === 'object' && value !== null) {
      values += Array.isArray(value) ? value.length : Object.keys(value).length;
      if (values > MAX_VALUES)
        return { field: topOf(field), message: `holds more than ${MAX_VALUES} values` };
      for (const [key, part] of Object.entries(value)) {
        const fault = key === '__proto__' ? 'is __proto__' : faultOf(key);
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
