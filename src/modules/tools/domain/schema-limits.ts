import { FieldFault } from '../../../shared/domain/domain-error.js';
import { JsonObject, JsonValue, isJsonObject } from '../../../shared/domain/json.js';

const MOST_LEVELS = 16;
/** Each is compiled, which takes about a millisecond. */
const MOST_SCHEMAS = 500;
/** The limit for all values of a schema, with each $ref replaced by its target. */
const MOST_VALUES = 20_000;

/** Keywords whose value is a schema, or a list of schemas. */
const SCHEMAS = new Set([
  ...[
    'additionalItems',
    'additionalProperties',
    'allOf',
    'anyOf',
    'contains',
    'else',
    'if',
    'items',
    'not',
    'oneOf',
  ],
  ...['prefixItems', 'propertyNames', 'then', 'unevaluatedItems', 'unevaluatedProperties'],
]);
/** Keywords whose value has a schema under each name. */
const NAMED_SCHEMAS = new Set(['$defs', 'definitions', 'dependencies', 'dependentSchemas', 'properties']);
/** Keywords among these whose schemas check nothing unless a $ref names them. */
const DEFINITIONS = new Set(['$defs', 'definitions']);

const NO_PATTERNS = 'is not taken: a regular expression may take for ever on what a model writes';
const NO_NAMES = 'is not taken: a $ref names its place, as #/$defs/name';

const REFUSED: ReadonlyMap<string, string> = new Map([
  ...['pattern', 'patternProperties'].map((keyword) => [keyword, NO_PATTERNS] as const),
  ...['$id', '$anchor', '$dynamicAnchor', '$dynamicRef', '$recursiveAnchor', '$recursiveRef'].map(
    (keyword) => [keyword, NO_NAMES] as const,
  ),
  ['$async', 'is not taken'],
]);

type Path = readonly string[];

class SchemaRefused extends Error {
  constructor(readonly fault: FieldFault) {
    super(fault.message);
  }
}

function refuse(path: Path, message: string): never {
  throw new SchemaRefused({ field: path.join('.'), message });
}

/** A schema within another one. */
interface Part {
  readonly path: Path;
  /** Schemas that check the same value, or each value within it. */
  readonly applied: readonly Part[];
  /** Schemas of which one checks a value, chosen by its name. */
  readonly properties: readonly Part[];
  readonly definitions: readonly Part[];
  /** The place that its $ref names. */
  readonly ref: string | undefined;
  /** How many values it has, without the schemas within it. */
  readonly values: number;
  /** How many values its default has. */
  readonly defaults: number;
}

/** Each $ref counts as what it names. */
interface Size {
  /** The number of values. */
  readonly weight: number;
  /** The maximum number of values that the check of one value looks at. */
  readonly cost: number;
  /** The number of values in defaults, which an object may get. */
  readonly defaults: number;
  readonly levels: number;
}

/** The fault that makes a schema unsafe for texts of models; undefined = none. It does not check that it is a schema. */
export function faultOfLimits(schema: JsonObject): FieldFault | undefined {
  try {
    sizeOf(schema);
    return undefined;
  } catch (error) {
    if (error instanceof SchemaRefused) return error.fault;
    throw error;
  }
}

/** A measure of the work of a check, for each value of the arguments. */
export function costOf(schema: JsonObject): number {
  const { cost, defaults } = sizeOf(schema);
  return cost + defaults;
}

function sizeOf(schema: JsonObject): Size {
  if (schema['type'] !== 'object') refuse(['type'], 'must be "object"');
  const parts = new Map<string, Part>();
  const whole = read(schema, [], parts);
  return measure(whole, parts, new Map(), []);
}

/** @param parts gets each schema, by its place as `$ref` writes it */
function read(schema: JsonValue, path: Path, parts: Map<string, Part>): Part {
  const inner: Record<'applied' | 'properties' | 'definitions', Part[]> = {
    applied: [],
    properties: [],
    definitions: [],
  };
  let values = 1;
  for (const [keyword, value] of isJsonObject(schema) ? Object.entries(schema) : []) {
    const place = [...path, keyword];
    const refusal = REFUSED.get(keyword);
    if (refusal !== undefined) refuse(place, refusal);
    const schemas = schemasIn(keyword, value, place);
    if (schemas) inner[roleOf(keyword)].push(...schemas.map(([at, part]) => read(part, at, parts)));
    else values += countOf(value);
  }
  const defaults = isJsonObject(schema) && 'default' in schema ? countOf(schema['default']) : 0;
  const part = { path, ...inner, ref: refIn(schema, path), values, defaults };
  if (parts.set(pointerTo(path), part).size > MOST_SCHEMAS) {
    refuse([], `must have at most ${MOST_SCHEMAS} schemas within it`);
  }
  return part;
}

const roleOf = (keyword: string) => {
  if (keyword === 'properties') return 'properties';
  return DEFINITIONS.has(keyword) ? 'definitions' : 'applied';
};

function refIn(schema: JsonValue, path: Path): string | undefined {
  const ref = isJsonObject(schema) ? schema['$ref'] : undefined;
  if (ref === undefined) return undefined;
  if (typeof ref === 'string' && /^#(\/[^#]*)?$/.test(ref)) return ref;
  return refuse([...path, '$ref'], 'must name a place within this schema, as #/$defs/name');
}

/** The schemas that a keyword holds, and where; undefined for one that holds data. */
function schemasIn(keyword: string, value: JsonValue, place: Path): [Path, JsonValue][] | undefined {
  if (NAMED_SCHEMAS.has(keyword) && isJsonObject(value)) {
    return Object.entries(value).map(([name, part]) => [[...place, name], part]);
  }
  if (!SCHEMAS.has(keyword)) return undefined;
  if (!Array.isArray(value)) return [[place, value]];
  return value.map((part, index) => [[...place, String(index)], part]);
}

/** @param above the schemas that lead to this one */
function measure(
  part: Part,
  parts: ReadonlyMap<string, Part>,
  known: Map<Part, Size>,
  above: readonly Part[],
): Size {
  const before = known.get(part);
  if (before) return before;
  if (above.includes(part)) refuse(part.path, 'leads back to itself by $ref');
  const sizesOf = (inner: readonly Part[]) =>
    inner.map((each) => measure(each, parts, known, [...above, part]));
  const target = part.ref === undefined ? [] : [targetOf(part, part.ref, parts)];
  const applied = sizesOf([...part.applied, ...target]);
  const properties = sizesOf(part.properties);
  const all = [...applied, ...properties, ...sizesOf(part.definitions)];
  const size = {
    weight: part.values + sumOf(all, 'weight'),
    cost: part.values + properties.length + sumOf(applied, 'cost') + mostOf(properties, 'cost'),
    defaults: part.defaults + sumOf([...applied, ...properties], 'defaults'),
    levels: 1 + mostOf(all, 'levels'),
  };
  if (size.levels > MOST_LEVELS) refuse([], `must not be deeper than ${MOST_LEVELS} schemas`);
  if (size.weight > MOST_VALUES) {
    refuse([], `must have at most ${MOST_VALUES} values, where each $ref counts as what it names`);
  }
  known.set(part, size);
  return size;
}

const sumOf = (sizes: readonly Size[], what: keyof Size): number =>
  sizes.reduce((sum, size) => sum + size[what], 0);

const mostOf = (sizes: readonly Size[], what: keyof Size): number =>
  Math.max(0, ...sizes.map((size) => size[what]));

function targetOf({ path }: Part, ref: string, parts: ReadonlyMap<string, Part>): Part {
  const pointer = pointerIn(ref);
  const target = pointer === undefined ? undefined : parts.get(pointer);
  return target ?? refuse([...path, '$ref'], 'names no schema');
}

/** Decoded name by name, as the compiler does it: an encoded slash is part of a name. */
function pointerIn(ref: string): string | undefined {
  try {
    return ref
      .split('/')
      .map((name) => decodeURIComponent(name).replaceAll('/', '~1'))
      .join('/');
  } catch {
    return undefined;
  }
}

/** RFC 6901. */
const pointerTo = (path: Path): string =>
  ['#', ...path.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1'))].join('/');

const countOf = (value: JsonValue): number =>
  typeof value !== 'object' || value === null
    ? 1
    : Object.values(value).reduce<number>((sum, part) => sum + countOf(part), 1);
