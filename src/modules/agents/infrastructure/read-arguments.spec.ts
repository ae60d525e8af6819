import { describe, expect, it } from 'vitest';
import { ArgumentSchema, readArguments } from './read-arguments.js';

const SCHEMA: ArgumentSchema = {
  type: 'object',
  required: ['text', 'count'],
  additionalProperties: false,
  properties: {
    text: { type: 'string', minLength: 1 },
    count: { type: 'integer' },
    note: { type: 'string' },
    name: { type: 'string', minLength: 1 },
    limit: { type: 'integer' },
    deep: { type: 'boolean' },
    tags: { type: 'array', minItems: 2, items: { type: 'string' } },
    ids: { type: 'array', items: { type: 'integer' } },
    parts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'integer' }, on: { type: 'boolean' } },
      },
    },
  },
};

const NEEDED = { text: 'a', count: 1 };

describe('arguments are read', () => {
  it.each<[string, object, object]>([
    ['an option that is null', { limit: null, name: null, tags: null, parts: null }, {}],
    ['an option that is the text null', { limit: 'null', deep: 'null', ids: 'null' }, {}],
    ['an option that is empty', { limit: '', deep: '', name: '', tags: [], parts: '' }, {}],
    ['an option that may be empty', { note: '', ids: [] }, { note: '', ids: [] }],
    ['numbers in quotes', { limit: '10', ids: ['1', 2] }, { limit: 10, ids: [1, 2] }],
    ['a negative number in quotes', { limit: '-3' }, { limit: -3 }],
    ['a boolean in quotes', { deep: 'true' }, { deep: true }],
    ['a boolean as Python writes it', { deep: 'False' }, { deep: false }],
    ['a list in quotes', { tags: '["x","y"]', ids: '[1,"2"]' }, { tags: ['x', 'y'], ids: [1, 2] }],
    ['objects in quotes', { parts: '[{"id":"7","on":null}]' }, { parts: [{ id: 7 }] }],
    ['an object in quotes in a list', { parts: ['{"id":7,"on":"true"}'] }, { parts: [{ id: 7, on: true }] }],
    ['a text that looks like a number', { note: '10', name: 'true' }, { note: '10', name: 'true' }],
    ['a text that looks like JSON', { note: '{"a":1}' }, { note: '{"a":1}' }],
    ['a key that is unknown', { constructor: 1, other: null }, {}],
  ])('%s: %j', (_what, written, read) => {
    expect(readArguments(SCHEMA, { ...NEEDED, ...written })).toEqual({ ...NEEDED, ...read });
  });

  it('from one text, where they were encoded twice', () => {
    expect(readArguments(SCHEMA, '{"text":"a","count":"1","limit":null}')).toEqual(NEEDED);
  });
});

describe('arguments are left to the check', () => {
  it.each([
    ['what is needed', { text: null, count: null }],
    ['what is needed and empty', { text: '', count: '' }],
    ['a number in other spellings', { ...NEEDED, limit: '0x10', ids: ['010', '1,5', 'ten', '+1'] }],
    ['a boolean in other spellings', { ...NEEDED, deep: 'yes' }],
    ['a number for a boolean', { ...NEEDED, deep: 1 }],
    ['a number for a text', { ...NEEDED, note: 7 }],
    ['an object for a text', { ...NEEDED, note: { a: 1 } }],
    ['one value for a list', { ...NEEDED, tags: 'x', ids: 1 }],
    ['half a list', { ...NEEDED, ids: '[1,' }],
    ['no object', ['a']],
    ['a text', 'path'],
    ['nothing', undefined],
  ])('%s: %j', (_what, written) => {
    expect(readArguments(SCHEMA, written)).toEqual(written);
  });
});
