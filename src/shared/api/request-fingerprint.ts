import { createHash } from 'node:crypto';

/** The parts of a request that decide its effect. */
interface RequestParts {
  readonly method: string;
  /** With the query. */
  readonly originalUrl: string;
  readonly body?: unknown;
}

/** Equal for requests with the same meaning: key order and white space of the JSON body do not count. */
export function fingerprintOf({ method, originalUrl, body }: RequestParts): Buffer {
  return createHash('sha256').update(`${method} ${originalUrl}\n`).update(canonical(body)).digest();
}

/** Recursive: `requireStorable` has limited the depth. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const parts = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`);
  return `{${parts.join()}}`;
}
