import { JsonObject, JsonValue } from '../../../shared/domain/json.js';

/**
 * Sets fields, in place of earlier ones of the same name.
 * @returns by how many characters of JSON the known fields have grown
 */
export function setFields(known: JsonObject, given: JsonObject): number {
  let grown = 0;
  for (const [field, value] of Object.entries(given)) {
    const before = Object.hasOwn(known, field) ? known[field] : undefined;
    if (before === value) continue;
    grown += sizeOf(value) - sizeOf(before);
    known[field] = value;
  }
  return grown;
}

/** In characters of JSON. */
export const sizeOf = (value: JsonValue | undefined): number =>
  value === undefined ? 0 : JSON.stringify(value).length;
