import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/json.js';

/** The parts of a request that decide its effect. */
interface RequestParts {
  readonly method: string;
  /** With the query. */
  readonly originalUrl: string;
  readonly body?: unknown;
}

/** Equal for requests with the same meaning: key order and white space of the JSON body do not count. */
export function fingerprintOf({ method, originalUrl, body }: RequestParts): Buffer {
  return createHash('sha256').update(`${method} ${originalUrl}\n`).update(canonicalJson(body)).digest();
}
