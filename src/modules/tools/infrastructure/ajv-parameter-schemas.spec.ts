import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../../../../test/support/cpu-time.js';
import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { AjvParameterSchemas } from './ajv-parameter-schemas.js';

const schemas = new AjvParameterSchemas();

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});

const nested = (levels: number): JsonObject => {
  let schema: JsonObject = { type: 'string' };
  for (let level = 1; level < levels; level++) schema = object({ a: schema });
  return schema;
};

/** Each definition names the next one twenty times: 20^count values. */
const branching = (count: number): JsonObject =>
  object(
    { a: { $ref: '#/$defs/d0' } },
    {
      $defs: Object.fromEntries(
        Array.from({ length: count + 1 }, (_, index): [string, JsonObject] => {
          const next = { $ref: `#/$defs/d${index + 1}` };
          return [
            `d${index}`,
            index === count ? { type: 'string' } : { allOf: Array.from({ length: 20 }, () => next) },
          ];
        }),
      ),
    },
  );

describe('a schema is refused', () => {
  it.each<[string, JsonObject, string, RegExp]>([
    ['of no object', { type: 'string' }, 'type', /"object"/],
    ['without a type', {}, 'type', /"object"/],
    ['with a type that is none', object({ a: { type: 'text' } }), 'properties.a.type', /no JSON Schema/],
    [
      'with a length below zero',
      object({ a: { minLength: -1 } }),
      'properties.a.minLength',
      /no JSON Schema/,
    ],
    ['with a part that is none', object({ a: 7 }), 'properties.a', /no JSON Schema/],
    [
      'with a pattern',
      object({ a: { type: 'string', pattern: '^(a+)+$' } }),
      'properties.a.pattern',
      /for ever/,
    ],
    [
      'with patterns of names',
      object({}, { patternProperties: { '(a+)+': {} } }),
      'patternProperties',
      /for ever/,
    ],
    [
      'with a pattern of names',
      object({}, { propertyNames: { pattern: 'a' } }),
      'propertyNames.pattern',
      /for ever/,
    ],
    [
      'with a pattern in a list of alternatives',
      object({ a: { anyOf: [{ type: 'null' }, { items: { pattern: 'a' } }] } }),
      'properties.a.anyOf.1.items.pattern',
      /for ever/,
    ],
    [
      'with a remote $ref',
      object({ a: { $ref: 'https://example.com/a.json' } }),
      'properties.a.$ref',
      /within/,
    ],
    ['with a $ref to a file', object({ a: { $ref: 'other.json#/a' } }), 'properties.a.$ref', /within/],
    ['with a $ref to nothing', object({ a: { $ref: '#/$defs/none' } }), 'properties.a.$ref', /no schema/],
    [
      'with a $ref into data',
      object({ a: { $ref: '#/default' } }, { default: { pattern: '(a+)+$' } }),
      'properties.a.$ref',
      /no schema/,
    ],
    ['with a $ref to itself', object({ a: { $ref: '#' } }), '', /leads back/],
    [
      'with a circle of $refs',
      object({}, { $defs: { a: { items: { $ref: '#/$defs/b' } }, b: { $ref: '#/$defs/a' } } }),
      '$defs.a',
      /leads back/,
    ],
    [
      'with a circle of $refs behind an encoded slash',
      object(
        { a: { $ref: '#/$defs/a%2Fnot' } },
        {
          $defs: {
            a: { not: { type: 'null' } },
            'a/not': {
              properties: { a: { allOf: [{ $ref: '#/$defs/a%2Fnot' }, { $ref: '#/$defs/a%2Fnot' }] } },
            },
          },
        },
      ),
      '$defs.a/not',
      /leads back/,
    ],
    [
      'with a circle of $refs behind a second #',
      object({}, { $defs: { 'a#': {}, a: { allOf: [{ $ref: '#/$defs/a#' }] } } }),
      '$defs.a.allOf.0.$ref',
      /within/,
    ],
    [
      'with a circle of $refs behind a % that is none',
      object({}, { $defs: { '%61%': {}, 'a%': { allOf: [{ $ref: '#/$defs/%61%' }] } } }),
      '$defs.a%.allOf.0.$ref',
      /no schema/,
    ],
    ['with a name', object({}, { $id: 'https://example.com/a' }), '$id', /not taken/],
    ['with a dynamic $ref', object({ a: { $dynamicRef: '#a' } }), 'properties.a.$dynamicRef', /not taken/],
    ['that answers later', object({}, { $async: true }), '$async', /not taken/],
    ['that is too deep', nested(17), '', /16 schemas/],
    [
      'with thousands of parts',
      object({ a: { allOf: Array.from({ length: 5000 }, () => ({})) } }),
      '',
      /500/,
    ],
    ['that grows with each $ref', branching(5), '', /20000 values/],
    ['that grows without end', branching(20), '', /16 schemas|values/],
  ])('%s', (_what, schema, field, message) => {
    const judge = () =>
      expect(schemas.faultOf(schema)).toEqual({ field, message: expect.stringMatching(message) as string });
    expect(cpuMsOf(judge)).toBeLessThan(3000);
  });
});

describe('a schema is taken', () => {
  it.each<[string, JsonObject]>([
    ['without arguments', { type: 'object' }],
    [
      'with arguments that are called like keywords',
      object({ pattern: { type: 'string' }, $ref: { type: 'string' } }),
    ],
    [
      'of draft 7',
      object({ a: { items: [{ type: 'string' }] } }, { $schema: 'http://json-schema.org/draft-07/schema#' }),
    ],
    [
      'of 2020-12',
      object({ a: { prefixItems: [{}] } }, { $schema: 'https://json-schema.org/draft/2020-12/schema' }),
    ],
    [
      'with definitions',
      object({ a: { $ref: '#/definitions/a~1b' } }, { definitions: { 'a/b': { type: 'string' } } }),
    ],
    [
      'with names that are encoded',
      object({ a: { $ref: '#/$defs/List%3Ca%2Fb%3E' } }, { $defs: { 'List<a/b>': { type: 'string' } } }),
    ],
    ['with unknown keywords', object({ a: { type: 'string', 'x-order': 1, examples: ['a'] } })],
    ['as deep as may be', nested(16)],
    [
      'with a huge list of values',
      object({ a: { enum: Array.from({ length: 5000 }, (_, value) => value) } }),
    ],
  ])('%s', (_what, schema) => {
    expect(schemas.faultOf(schema)).toBeUndefined();
  });
});

describe('arguments', () => {
  const TICKET = object(
    {
      number: { type: 'integer' },
      fields: { type: 'array', items: { type: 'string' }, uniqueItems: true },
      state: { enum: ['open', 'closed'], default: 'open' },
      note: { type: ['string', 'null'] },
      mail: { type: 'string', format: 'email' },
    },
    { required: ['number'] },
  );

  it.each<[string, JsonValue, JsonValue]>([
    ['get the defaults', { number: 7 }, { number: 7, state: 'open' }],
    ['are read as meant', { number: '7', fields: '["a"]' }, { number: 7, fields: ['a'], state: 'open' }],
    ['keep what may be null', { number: 7, note: null }, { number: 7, note: null, state: 'open' }],
    ['keep what is unknown', { number: 7, more: { a: [1] } }, { number: 7, more: { a: [1] }, state: 'open' }],
    ['are not looked at by a format', { number: 7, mail: 'no' }, { number: 7, mail: 'no', state: 'open' }],
  ])('%s', (_what, written, read) => {
    expect(schemas.parse(TICKET, written)).toEqual({ ok: true, arguments: read });
  });

  it.each<[string, JsonValue, string, RegExp]>([
    ['that lack one', {}, 'arguments', /number/],
    ['of another type', { number: 'seven' }, 'number', /integer/],
    ['with a value that is none', { number: 7, state: 'gone' }, 'state', /"open", "closed"/],
    ['with twins', { number: 7, fields: ['a', 'a'] }, 'fields', /duplicate/],
    ['that are a list', [7], 'arguments', /object/],
    [
      'that are nested in a text',
      { number: 7, fields: '['.repeat(100) + ']'.repeat(100) },
      'arguments',
      /nested/,
    ],
    ['with names that all objects have', { number: 7, fields: { constructor: 1 } }, 'fields', /array/],
  ])('%s are refused', (_what, written, field, message) => {
    expect(schemas.parse(TICKET, written)).toEqual({
      ok: false,
      faults: [{ field, message: expect.stringMatching(message) as string }],
    });
  });

  it('do not have what all objects have', () => {
    const schema = object({}, { required: ['toString'] });
    expect(schemas.parse(schema, {})).toMatchObject({ ok: false });
  });

  it('lose what the schema forbids', () => {
    const schema = object({ a: { type: 'string' } }, { additionalProperties: false });
    expect(schemas.parse(schema, { a: 'x', b: 1 })).toEqual({ ok: true, arguments: { a: 'x' } });
  });

  const anyOf = (count: number): JsonObject => ({
    anyOf: Array.from({ length: count }, (_, value) => ({ const: `v${value}` })),
  });

  it.each<[string, JsonObject, JsonValue]>([
    ['hundreds of alternatives for each item', anyOf(400), Array.from({ length: 1000 }, () => 'v')],
    [
      'alternatives that multiply by $ref',
      { anyOf: Array.from({ length: 20 }, () => ({ $ref: '#/$defs/some' })) },
      Array.from({ length: 1000 }, () => 'v'),
    ],
    ['hundreds of lengths for a long text', { allOf: [anyOf(400)] }, ['v'.repeat(100_000)]],
  ])('are not checked where that would take long: %s', (_what, items, a) => {
    const schema = object({ a: { type: 'array', items } }, { $defs: { some: anyOf(20) } });
    expect(schemas.faultOf(schema)).toBeUndefined();
    expect(schemas.parse(schema, { a })).toEqual({
      ok: false,
      faults: [{ field: 'arguments', message: 'are too long to be checked' }],
    });
  });

  it('may be long where the schema has much to say, but of other arguments', () => {
    const names = Array.from({ length: 200 }, (_, index) => [`p${index}`, { type: 'string' }] as const);
    const item = object(Object.fromEntries(names), { required: ['p0'] });
    const schema = object({ text: { type: 'string' }, items: { type: 'array', items: item } });
    const args = { text: 'x'.repeat(90_000), items: Array.from({ length: 500 }, () => ({ p0: 'v' })) };
    expect(schemas.parse(schema, args)).toEqual({ ok: true, arguments: args });
  });

  it('do not become endless by the defaults of the schema', () => {
    const item = (text: string) => object({ b: { type: 'string', default: text } });
    const args = { a: Array.from({ length: 10_000 }, () => ({})) };
    const schema = object({ a: { type: 'array', items: item('x'.repeat(30_000)) } });
    expect(schemas.parse(schema, args)).toEqual({
      ok: false,
      faults: [{ field: 'arguments', message: 'are too long with the defaults of their schema' }],
    });
    const filled = schemas.parse(object({ a: { type: 'array', items: item('open') } }), args);
    expect(filled).toMatchObject({ ok: true });
    expect(JSON.stringify(filled)).toContain('{"b":"open"},{"b":"open"}');
  });

  it('may have twenty thousand items that differ', () => {
    const schema = object({ a: { type: 'array', uniqueItems: true } });
    const items = Array.from({ length: 20_000 }, (_, value) => ({ value }));
    const parse = () => expect(schemas.parse(schema, { a: items })).toMatchObject({ ok: true });
    expect(cpuMsOf(parse)).toBeLessThan(3000);
  });
});
