import { JsonValue } from './json.js';

/**
 * Text with U+FFFD in place of NUL and lone surrogates, which PostgreSQL and some JSON parsers refuse. Its length is
 * unchanged.
 */
export const storableText = (text: string): string => text.replaceAll('\0', '\ufffd').toWellFormed();

/** The same for every text in a JSON value, keys included. */
export function storableJson(value: JsonValue): JsonValue {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [storableText(key), storableJson(part)]),
  );
}
