import * as fc from 'fast-check';
import { storableText } from '../../../src/shared/domain/storable.js';

/** What breaks lines, frames, logs, statements, paths and parsers, and what they take for something else. */
const NASTY = [
  ...['', ' ', '\0', 'a\0b', '\ud800', '\udc00\ud800', '\ud83d', '😀', 'e\u0301\u0301', '\ufeff', '\ufffe'],
  ...[
    '\n',
    '\r',
    '\r\n\r\n',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u000b',
    'a\n\ndata: {}\n\nid: 9\nevent: x',
    ': x\n',
  ],
  ...['\u202eabc\u2066', '\u200b', '\u001b[31m', '\u0007', '\u007f'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length'],
  ...['NaN', 'Infinity', 'null', 'undefined', 'true', '-0', '1e400', '0x10', '9'.repeat(400), '١٢٣'],
  ...[
    '2026-02-30T25:61:61Z',
    '9999999-01-01',
    "'; drop table sessions; --",
    '$1',
    '${7*7}',
    '{{7*7}}',
    '%s%n',
  ],
  ...['../../etc/passwd', 'C:\\con', '<script>alert(1)</script>', 'auto', 'orchestrator', 'synopsis_manager'],
];

const LARGE = [
  'x'.repeat(100_000),
  '\u0001'.repeat(100_001),
  '😀'.repeat(200_000),
  'x'.repeat(2 * 1024 * 1024 - 200),
  'x'.repeat(2 * 1024 * 1024 + 1),
  '\\'.repeat(500_000),
];

export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom(...LARGE) },
);

/** The same, not longer than what fits into an address or a header. */
export const shortText = text.map((value) => value.slice(0, 4000));

/** Numbers that JavaScript cannot hold, as they stand in JSON. `toJson` writes them. */
const RAW_NUMBERS = ['1e400', '-1e400', '-0', '0.1e-999', '9'.repeat(400), '12345678901234567890', '1E+2'];
const RAW = /"#number:([^"#]*)#"/g;

const number: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...RAW_NUMBERS.map((digits) => `#number:${digits}#`)),
  fc.constantFrom(0, -1, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** An object with these entries, `__proto__` being a key like any other. */
export const objectOf = (entries: Iterable<readonly [string, unknown]>): Record<string, unknown> =>
  Object.fromEntries(entries);

/** Any JSON, with hostile leaves and keys. */
export const json: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    { weight: 6, arbitrary: text },
    { weight: 3, arbitrary: number },
    { weight: 2, arbitrary: fc.constantFrom(null, true, false, {}, []) },
    { weight: 2, arbitrary: fc.array(tie('any'), { maxLength: 4 }) },
    { weight: 3, arbitrary: fc.array(fc.tuple(shortText, tie('any')), { maxLength: 4 }).map(objectOf) },
  ),
})).any;

/** The same without what no body may hold, so that it gets as far as it can. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value) || 'x';
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value !== 'object' || value === null) return value;
  return objectOf(
    Object.entries(value).map(([key, part]) => [
      storableText(key).replace('__proto__', 'proto'),
      storable(part),
    ]),
  );
}

/** JSON text; halves of surrogate pairs become escapes, raw numbers what they stand for. */
export const toJson = (value: unknown): string =>
  (JSON.stringify(value) ?? 'undefined').replaceAll(RAW, '$1');

/** Bodies that are deep, wide or no JSON at all. */
export const rawBody: fc.Arbitrary<string> = fc.constantFrom(
  ...[
    '',
    ' ',
    '{',
    '[',
    '{"a":',
    '"text"',
    'null',
    'NaN',
    "{'a':1}",
    '{"a":1}{"b":2}',
    '{"a":01}',
    '\ufeff{}',
  ],
  ...['{"a":1,"a":2}', '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\ud800"}', '{"\\u0000":1}', 'a=b&c=d', '<a/>'],
  '['.repeat(100_000),
  `${'['.repeat(60_000)}${']'.repeat(60_000)}`,
  `${'{"a":'.repeat(60_000)}1${'}'.repeat(60_000)}`,
  `{"__proto__":${'{"__proto__":'.repeat(50)}1${'}'.repeat(50)}}`,
  `[${'0,'.repeat(900_000)}0]`,
  `{"type":"tool_result","call_id":"x","result":[${'{},'.repeat(500_000)}{}]}`,
  `{"type":"tool_result","call_id":"x","result":[${'{},'.repeat(99_000)}{}]}`,
  `{"type":"tool_result","call_id":"x","result":[${'[[0]],'.repeat(33_000)}{}]}`,
  `{"title":"x","items":[${'0,'.repeat(900_000)}0]}`,
  `{"title":"x","metadata":{${Array.from({ length: 100_000 }, (_, n) => `"${n}":0`).join()}}}`,
  `{${Array.from({ length: 150_000 }, (_, n) => `"k${n}":0`).join()}}`,
);
