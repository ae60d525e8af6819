import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { OpenAPIObject } from '@nestjs/swagger';
import * as fc from 'fast-check';
import { UNKNOWN } from '../../support/scenes.js';
import { Scene } from './hostile-scenes.js';
import { json, objectOf, rawBody, shortText, storable, text, toJson } from './hostile-values.js';

/** A route as the OpenAPI document has it. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: Schema }[];
  readonly body: Schema | undefined;
}

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

/** Every route of a document. */
export const operationsOf = ({ paths }: OpenAPIObject): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Described>).map(
      ([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
      }),
    ),
  );

interface Described {
  readonly parameters?: Operation['parameters'];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** A request, byte by byte. */
export class HostileRequest {
  constructor(
    readonly scene: number,
    private readonly target: string,
    private readonly headers: readonly (readonly [string, string])[],
    private readonly body: Buffer,
    private readonly framing: string,
  ) {}

  bytes(): Buffer {
    const lines = [this.target, ...this.headers.map(([name, value]) => `${name}: ${value}`)];
    if (this.framing !== 'chunked') lines.push(`content-length: ${this.body.length}`);
    if (this.framing !== 'length') lines.push('transfer-encoding: chunked');
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8');
    if (this.framing === 'length') return Buffer.concat([head, this.body]);
    const size = Buffer.from(`${this.body.length.toString(16)}\r\n`);
    const parts = this.body.length > 0 ? [size, this.body, Buffer.from('\r\n')] : [];
    return Buffer.concat([head, ...parts, Buffer.from('0\r\n\r\n')]);
  }

  /** What a failing property shows. */
  toString(): string {
    const head = [this.target, ...this.headers.map((header) => header.join(': '))].map(shortened);
    return `scene ${this.scene}, ${this.framing}: ${JSON.stringify(head)} ${shortened(this.body.toString())}`;
  }

  readonly [fc.toStringMethod] = () => this.toString();
}

const shortened = (long: string) => (long.length > 400 ? `${long.slice(0, 400)}… (${long.length})` : long);

/** What a request is made of. */
interface Parts {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly type: string;
  readonly encoding: string;
  readonly framing: string;
}

/** Requests to a route: most as they should be but for what their bodies say, the others wrong in one way or in all. */
export function requestsTo(
  operation: Operation,
  document: OpenAPIObject,
  scenes: readonly Scene[],
): fc.Arbitrary<HostileRequest> {
  const { method, path, body } = operation;
  const names = [...path.matchAll(/\{(\w+_id)\}/g)].map(([, name]) => name!);
  const fitting = scenes.filter((scene) => names.every((name) => name in scene));
  return fc.integer({ min: 0, max: scenes.length - 1 }).chain((number) => {
    const scene = fitting[number % fitting.length] ?? scenes[number]!;
    const segments = path.split(/(?=\/)/);
    const sound = {
      method: fc.constant(method),
      path: fc.constant(segments.map((part) => filled(part, scene))),
      query: fc.constant(''),
      headers: fc.constant([]),
      body: body ? bodyFor(body, document, scene) : fc.constant(''),
      type: fc.constant('application/json'),
      encoding: fc.constant('identity'),
      framing: fc.constant('length'),
    };
    const wrong = {
      method: fc.constantFrom('OPTIONS', 'PUT', 'PATCH', 'POST', 'BREW'),
      path: fc.tuple(...segments.map((part) => segment(part, scene))),
      query: queryFor(operation, scene),
      headers: fc.array(header, { minLength: 1, maxLength: 3 }),
      body: rawBody,
      type: fc.constantFrom(...CONTENT_TYPES),
      encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
      framing: fc.constantFrom('chunked', 'both'),
    };
    const parts = fc.oneof<{ arbitrary: fc.Arbitrary<Parts>; weight: number }[]>(
      { weight: body ? 16 : 2, arbitrary: fc.record(sound) },
      ...Object.entries(wrong).map(([name, arbitrary]) => ({
        weight: name === 'query' || name === 'path' ? 3 : 1,
        arbitrary: fc.record({ ...sound, [name]: arbitrary }) as fc.Arbitrary<Parts>,
      })),
      { weight: 1, arbitrary: fc.record(wrong) },
    );
    return parts.map((given) => compose(number, given));
  });
}

function compose(scene: number, { method, path, query, headers, body, type, encoding, framing }: Parts) {
  const bytes = ENCODINGS[encoding]!(Buffer.from(body));
  const all = [['host', 'localhost'] as const, ...headers];
  if (bytes.length > 0) all.push(['content-type', type]);
  if (encoding !== 'identity') all.push(['content-encoding', encoding.replace('bomb of ', '')]);
  return new HostileRequest(scene, `${method} ${path.join('')}${query} HTTP/1.1`, all, bytes, framing);
}

const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: rare });

const encoded = (value: string) => encodeURIComponent(value.toWellFormed());

const ADDRESSES = [
  ...[
    '%00',
    '%ff',
    '%c0%ae',
    '%',
    '%2',
    '%zz',
    'a%2Fb',
    '..',
    '%2e%2e%2f',
    '*',
    ':',
    'é',
    '[',
    '\\',
    '"',
    '|',
  ],
  ...[
    '',
    '0',
    '-1',
    '1',
    '1.0.0',
    '00000000-0000-0000-0000-000000000000',
    '01998000-0000-7000-8000-00000000000G',
  ],
  ...['x'.repeat(8_000), 'x'.repeat(20_000), '%F0%9F%98%80', '%ed%a0%80', ';a=b', '#'],
];

const address = fc.oneof(fc.constantFrom(...ADDRESSES), shortText.map(encoded));

/** A part of a path: what is in braces is filled in. */
function filled(part: string, scene: Scene): string {
  const name = /^\/\{(\w+)\}$/.exec(part)?.[1];
  if (name === undefined) return part;
  const known = { agent_id: 'ask', version: '1.0.0', ...scene }[name];
  return `/${known ?? UNKNOWN}`;
}

/** The same, with something else. */
const segment = (part: string, scene: Scene): fc.Arbitrary<string> =>
  part.startsWith('/{')
    ? fc.oneof(
        fc.constant(filled(part, scene)),
        address.map((value) => `/${value}`),
      )
    : fc.constant(part);

function queryFor({ parameters }: Operation, scene: Scene): fc.Arbitrary<string> {
  const known = parameters.filter((parameter) => parameter.in === 'query');
  const name = fc.oneof(fc.constantFrom('x', '__proto__', ...known.map((each) => each.name)), shortText);
  const key = fc.tuple(
    name.map(encoded),
    often(fc.constant(''), fc.constantFrom('[]', '[a]', '[__proto__]', '%00')),
  );
  const value = fc.oneof(address, fc.constantFrom('1', '200', ...Object.values(scene), ...valuesOf(known)));
  const pair = fc.tuple(key, value).map(([[before, after], given]) => `${before}${after}=${given}`);
  const whole = fc.array(pair, { minLength: 1, maxLength: 3 }).map((pairs) => `?${pairs.join('&')}`);
  return fc.oneof(
    { weight: 3, arbitrary: whole },
    { weight: 1, arbitrary: fc.constantFrom('?', '?&&&=', '?%', `?${'a=1&'.repeat(3_000)}`, '?limit', '??') },
  );
}

const valuesOf = (parameters: Operation['parameters']) =>
  parameters.flatMap(({ schema }) => (schema?.enum ?? []).map(String));

/** What can stand in a header at all: the rest would end it. */
const fieldValue = shortText.map((value) => value.replaceAll(/[\r\n]/g, ' '));

const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      ...[
        'last-event-id',
        'idempotency-key',
        'x-request-id',
        'traceparent',
        'if-none-match',
        'accept',
        'origin',
      ],
      ...['x-forwarded-host', 'x-forwarded-for', 'cookie', 'authorization', 'accept-language', 'x'],
    ),
    fieldValue,
  ),
  fc.constantFrom<readonly [string, string]>(
    ['expect', '100-continue'],
    ['expect', 'tea'],
    ['host', 'evil.example'],
    ['content-length', '5'],
    ['content-type', 'text/plain'],
    ['connection', 'upgrade'],
    ['upgrade', 'websocket'],
    ['last-event-id', '999999999999999'],
    ['idempotency-key', 'the same'],
    ['if-none-match', `a${' '.repeat(12_000)}b`],
    ['traceparent', '00-00000000000000000000000000000000-0000000000000000-00'],
    ['x', 'x'.repeat(17_000)],
    ['bad name', 'x'],
  ),
);

const CONTENT_TYPES = [
  ...[
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=utf-7',
    'application/x+json',
  ],
  ...['application/json; charset=latin1', 'application/json;charset', '', ';', 'multipart/form-data', 'json'],
];

const BOMB = Buffer.alloc(50_000_000, '[');
const bombs = {
  gzip: gzipSync(BOMB),
  deflate: deflateSync(BOMB),
  br: brotliCompressSync(BOMB, { params: {} }),
};

/** By name, what becomes of a body. */
const ENCODINGS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gzipSync(body),
  deflate: (body) => body, // which it is not
  br: (body) => brotliCompressSync(body),
  zstd: (body) => body,
  nonsense: (body) => body,
  'gzip, gzip': (body) => gzipSync(gzipSync(body)),
  'bomb of gzip': () => bombs.gzip,
  'bomb of deflate': () => bombs.deflate,
  'bomb of br': () => bombs.br,
};

function bodyFor(schema: Schema, document: OpenAPIObject, scene: Scene): fc.Arbitrary<string> {
  const valid = validFor(schema, document, scene);
  return fc.oneof(
    { weight: 8, arbitrary: valid.map(storable).map(toJson) },
    { weight: 2, arbitrary: valid.map(toJson) },
    { weight: 3, arbitrary: fc.tuple(valid, shortText, json, fc.nat()).map(spoil).map(toJson) },
    { weight: 1, arbitrary: json.map(toJson) },
  );
}

/** One field changed, missing, or too many. */
function spoil([value, key, part, chance]: [unknown, string, unknown, number]): unknown {
  const entries = Object.entries(value as object);
  const at = chance % (entries.length + 1);
  if (at === entries.length) return objectOf([...entries, [key, part]]);
  if (chance % 2 === 0) return objectOf(entries.toSpliced(at, 1));
  return objectOf(entries.with(at, [entries[at]![0], part]));
}

/** Fields that only reach anything with a value that stands for something. */
const MEANINGFUL: Readonly<Record<string, readonly string[]>> = {
  agent: ['auto', 'ask', 'coder', 'orchestrator'],
};

/** What the schema allows, with hostile words. */
function validFor(schema: Schema, document: OpenAPIObject, scene: Scene, name = ''): fc.Arbitrary<unknown> {
  const within = (part: Schema, of = name) => validFor(part, document, scene, of);
  if (schema.$ref !== undefined) {
    const id = schema.$ref.replace('#/components/schemas/', '');
    return id === 'Json' ? json : within((document.components!.schemas as Record<string, Schema>)[id]!);
  }
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choices) return fc.oneof(...choices.map((choice) => within(choice)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') {
    return fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: schema.minimum ?? 0, max: 2 ** 31 - 1 }));
  }
  if (schema.type === 'array') {
    return fc.array(within(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 4 });
  }
  if (schema.type === 'string') {
    const hostile = text.map((value) => value.slice(0, schema.maxLength).padEnd(schema.minLength ?? 0, 'x'));
    const meant = MEANINGFUL[name] ?? (scene[name] === undefined ? [] : [scene[name]]);
    return meant.length > 0 ? often<string>(fc.constantFrom(...meant), hostile) : hostile;
  }
  if (schema.properties) {
    const { properties, required = [] } = schema;
    const fields = Object.entries(properties).map(([key, part]) => {
      const field = within(part, key).map((value): [string, unknown][] => [[key, value]]);
      return required.includes(key) ? field : fc.oneof(field, fc.constant([]));
    });
    return fc.tuple(...fields).map((entries) => objectOf(entries.flat()));
  }
  return fc.array(fc.tuple(shortText, json), { maxLength: 3 }).map(objectOf);
}
