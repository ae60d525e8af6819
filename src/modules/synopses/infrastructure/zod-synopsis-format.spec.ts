import { describe, expect, it } from 'vitest';
import { SYNOPSIS_LIMITS as LIMITS } from '../domain/synopsis-content.js';
import { EditSynopsisDto } from '../api/synopses.dto.js';
import { ZodSynopsisFormat } from './zod-synopsis-format.js';

const format = new ZodSynopsisFormat();

const ITEMS = [
  { kind: 'heading', text: 'Login' },
  { kind: 'text', text: 'It was broken.' },
  { kind: 'decision', text: 'An hour', reason: 'The phone' },
  { kind: 'open_question', text: 'Who?' },
  { kind: 'code', text: '  indented\n', language: 'ts' },
  { kind: 'list', entries: ['a', 'b'] },
];

const parse = (items: unknown, title: unknown = 'Title') => format.parse(JSON.stringify({ title, items }));
const fieldsOf = (parsed: ReturnType<typeof parse>) =>
  parsed.ok ? [] : parsed.faults.map(({ field }) => field);

describe('The format of a synopsis', () => {
  it('takes every kind of item as it is', () => {
    expect(parse(ITEMS)).toEqual({ ok: true, content: { title: 'Title', items: ITEMS } });
  });

  it('takes null for what there is not, drops what it does not know, and trims', () => {
    const items = [
      { kind: 'decision', text: ' An hour ', reason: null, mood: 'good' },
      { kind: 'code', text: 'x', language: ' ' },
    ];
    expect(parse(items, ' Title ')).toEqual({
      ok: true,
      content: {
        title: 'Title',
        items: [
          { kind: 'decision', text: 'An hour' },
          { kind: 'code', text: 'x' },
        ],
      },
    });
  });

  it('replaces what no database can hold', () => {
    expect(parse([{ kind: 'text', text: 'a\0b\uD800c' }])).toMatchObject({
      content: { items: [{ text: 'a\uFFFDb\uFFFDc' }] },
    });
  });

  const long = (most: number) => 'x'.repeat(most + 1);
  it.each([
    ['no items', [], 'items'],
    ['too many', Array.from({ length: LIMITS.items + 1 }, () => ITEMS[0]), 'items'],
    ['an unknown kind', [{ kind: 'poem', text: 'x' }], 'items.0.kind'],
    ['an empty text', [{ kind: 'text', text: ' ' }], 'items.0.text'],
    ['a missing text', [{ kind: 'text' }], 'items.0.text'],
    ['a long text', [{ kind: 'text', text: long(LIMITS.text) }], 'items.0.text'],
    ['a long heading', [{ kind: 'heading', text: long(LIMITS.heading) }], 'items.0.text'],
    ['a long reason', [{ kind: 'decision', text: 'x', reason: long(LIMITS.text) }], 'items.0.reason'],
    ['an empty list', [{ kind: 'list', entries: [] }], 'items.0.entries'],
    ['a long entry', [{ kind: 'list', entries: [long(LIMITS.entry)] }], 'items.0.entries.0'],
    [
      'too much',
      Array.from({ length: 6 }, () => ({ kind: 'text', text: 'x'.repeat(LIMITS.text) })),
      'answer',
    ],
  ])('refuses %s, and names the field', (_what, items, field) => {
    expect(fieldsOf(parse(items))).toEqual([field]);
  });

  it.each(['', 'Here it is: {', '[]', 'null', '"text"'])('refuses “%s”', (answer) => {
    expect(format.parse(answer)).toMatchObject({ ok: false, faults: [{ field: 'answer' }] });
  });

  it('refuses a title that is too long', () => {
    expect(fieldsOf(parse(ITEMS, long(LIMITS.title)))).toEqual(['title']);
  });

  it('takes from a model what can be sent back by a human', () => {
    const parsed = parse(ITEMS);
    expect(parsed.ok && EditSynopsisDto.parse({ ...parsed.content })).toEqual({
      title: 'Title',
      items: ITEMS,
    });
  });

  it('is described in what providers allow where answers must keep to it', () => {
    const walk = (schema: unknown): Record<string, unknown>[] =>
      typeof schema === 'object' && schema !== null
        ? [schema as Record<string, unknown>, ...Object.values(schema).flatMap(walk)]
        : [];
    const objects = walk(format.schema).filter(({ type }) => type === 'object');
    expect(objects).toHaveLength(7);
    for (const { properties, required, additionalProperties } of objects) {
      expect(required).toEqual(Object.keys(properties as object));
      expect(additionalProperties).toBe(false);
    }
    expect(JSON.stringify(format.schema)).not.toMatch(/oneOf|minLength|maxLength/);
  });
});
