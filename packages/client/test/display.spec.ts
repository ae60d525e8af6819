import { describe, expect, it } from 'vitest';
import { changeIn, displayIn } from '../src/edit.ts';

const numbered = (count: number, change: Record<number, string> = {}) =>
  Array.from({ length: count }, (_, index) => `${change[index + 1] ?? index + 1}\n`).join('');

const bytes = (text: string) => new TextEncoder().encode(text);

describe('what people see of a change', () => {
  it.each([
    [
      'a line within a file',
      numbered(9),
      numbered(9, { 5: 'five' }),
      2,
      '2\n3\n4\n5\n6\n7\n8\n',
      '2\n3\n4\nfive\n6\n7\n8\n',
    ],
    ['the beginning', 'a\nb\n', 'x\nb\n', 1, 'a\nb\n', 'x\nb\n'],
    ['a line that is repeated', 'a\na\n', 'a\na\na\n', 1, 'a\na\n', 'a\na\na\n'],
    ['an empty file', '', 'a\n', 1, '', 'a\n'],
    ['the end of a file without a line end', 'a', 'a\n', 1, 'a', 'a\n'],
    ['all of a file', 'a\n', '', 1, 'a\n', ''],
    ['nothing', 'a\n', 'a\n', 1, 'a\n', 'a\n'],
  ])('is %s, with the lines around it', (_, before, after, line, old, now) => {
    expect(changeIn('a.txt', bytes(before), after)).toEqual({
      type: 'diff',
      path: 'a.txt',
      line,
      old_text: old,
      new_text: now,
    });
  });

  it('tells a new file from one that was empty', () => {
    expect(changeIn('a.txt', undefined, 'b')).toMatchObject({ old_text: null, new_text: 'b' });
  });

  it('is nothing where the file was no text', () => {
    expect(changeIn('a.txt', new Uint8Array([0xff]), 'b')).toBeUndefined();
  });
});

const diff = { type: 'diff', path: 'a', line: 3, old_text: 'x', new_text: 'y' };

describe('what a client wants shown', () => {
  it.each([
    ['a diff', { ...diff, more: true }, diff],
    ['a new file', { ...diff, old_text: null }, { ...diff, old_text: null }],
    ['a diff from its first line', { ...diff, line: 'x' }, { ...diff, line: 1 }],
    ['output', { type: 'output', text: 'x', exit_code: 1 }, { type: 'output', text: 'x', exit_code: 1 }],
    ['output alone', { type: 'output', text: 'x' }, { type: 'output', text: 'x', exit_code: null }],
  ])('is %s', (_, display, shown) => expect(displayIn(display)).toEqual(shown));

  it.each([
    undefined,
    null,
    'text',
    1,
    [],
    {},
    { type: 'diff', path: 'a' },
    { type: 'diff', path: 'a', new_text: 'y' },
    { type: 'output', text: 1 },
  ])('is not known: %j', (display) => expect(displayIn(display)).toBeUndefined());
});
