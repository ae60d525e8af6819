import { isJsonObject } from '../../../shared/domain/json.js';

/** The parts of a JSON Schema that decide how a value is read. */
export interface ArgumentSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
  readonly items?: ArgumentSchema;
  readonly minLength?: number;
  readonly minItems?: number;
}

/**
 * Reads arguments as their schema means them, where only one meaning is possible: models fill in options that they do not
 * want, and write numbers, booleans, lists and objects in quotes. Everything else stays as it is, for the check to refuse.
 */
export function readArguments(schema: ArgumentSchema, written: unknown): unknown {
  const value = withoutQuotes(schema, written);
  const { properties, items, required = [] } = schema;
  if (Array.isArray(value) && items) return value.map((item) => readArguments(items, item));
  if (!properties || !isJsonObject(value)) return value;
  const read = Object.entries(value)
    .filter(([name]) => Object.hasOwn(properties, name))
    .map(([name, part]) => [name, readArguments(properties[name]!, part)] as const)
    .filter(([name, part]) => required.includes(name) || !isAbsent(properties[name]!, part));
  return Object.fromEntries(read);
}

/** The JSON in a text, where the schema wants something else than text. */
function withoutQuotes({ type }: ArgumentSchema, written: unknown): unknown {
  if (typeof written !== 'string' || type === undefined || type === 'string') return written;
  try {
    // Python writes `True`.
    return JSON.parse(type === 'boolean' ? written.toLowerCase() : written) as unknown;
  } catch {
    return written; // a text, which the check refuses
  }
}

/** Whether an option is spelled as absent: null, or empty where its schema has no empty value. */
function isAbsent({ type, minLength = 0, minItems = 0 }: ArgumentSchema, value: unknown): boolean {
  if (value === '') return type !== 'string' || minLength > 0;
  return value === null || (Array.isArray(value) && value.length === 0 && minItems > 0);
}
