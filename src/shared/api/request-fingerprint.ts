import { createHash } from 'node:crypto';

/** A request as far as it decides what happens. */
interface Described {
  readonly method: string;
  /** With the query. */
  readonly originalUrl: string;
  readonly body?: unknown;
}

/** Equal for requests that ask for the same: the order of keys and the spaces in a JSON body do not count. */
export function fingerprintOf({ method, originalUrl, body }: Described): Buffer {
  return createHash('sha256').update(`${method} ${originalUrl}\n`).update(canonical(body)).digest();
}

/** Bodies are limited in depth before they come here. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const parts = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.join()}}`;
}
