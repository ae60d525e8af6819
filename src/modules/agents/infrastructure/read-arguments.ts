import { isJsonObject } from '../../../shared/domain/json.js';

/** The parts of a JSON Schema that decide how a value is read. */
export interface ArgumentSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: ArgumentSchema;
  readonly minLength?: number;
  readonly minItems?: number;
}

/**
 * Reads arguments as their schema means them, where only one meaning is possible: models fill in options that they do not
 * want, and write numbers, booleans, lists and objects in quotes. A key that the schema forbids is dropped. Everything else
 * stays as it is, for the check to refuse.
 */
export function readArguments(schema: ArgumentSchema, written: unknown): unknown {
  const value = withoutQuotes(schema, written);
  const { properties, items, required = [], additionalProperties } = schema;
  if (Array.isArray(value) && items) return value.map((item) => readArguments(items, item));
  if (!properties || !isJsonObject(value)) return value;
  const schemaOf = (name: string) => (Object.hasOwn(properties, name) ? properties[name] : undefined);
  const read = Object.entries(value)
    .filter(([name]) => additionalProperties !== false || schemaOf(name) !== undefined)
    .map(([name, part]) => [name, readArguments(schemaOf(name) ?? {}, part)] as const)
    .filter(([name, part]) => required.includes(name) || !isAbsent(schemaOf(name) ?? {}, part));
  return Object.fromEntries(read);
}

/** The JSON in a text, where the schema wants something else than text. */
function withoutQuotes({ type }: ArgumentSchema, written: unknown): unknown {
  if (typeof written !== 'string' || type === undefined || isOf(type, 'string')) return written;
  try {
    // Python writes `True`.
    return JSON.parse(isOf(type, 'boolean') ? written.toLowerCase() : written) as unknown;
  } catch {
    return written; // a text, which the check refuses
  }
}

/** Whether an option is spelled as absent: null, or empty where its schema has no empty value. */
function isAbsent({ type, minLength = 0, minItems = 0 }: ArgumentSchema, value: unknown): boolean {
  if (type === undefined) return false;
  if (value === '') return !isOf(type, 'string') || minLength > 0;
  if (value === null) return !isOf(type, 'null');
  return Array.isArray(value) && value.length === 0 && minItems > 0;
}

const isOf = (type: string | readonly string[], name: string): boolean => [type].flat().includes(name);
