import { describe, expect, it } from 'vitest';
import { linesOf } from './diff.tsx';

const shown = (before: string, after: string) =>
  linesOf(before, after).map(
    ({ kind, text, before: old = '', after: now = '' }) => `${old}|${now}|${kind}${text}`,
  );

describe('a diff', () => {
  it.each([
    ['of a line that changes', 'a\nb\nc\n', 'a\nB\nc\n', ['1|1| a', '2||-b', '|2|+B', '3|3| c']],
    ['of a new file', '', 'a\nb', ['|1|+a', '|2|+b']],
    ['of a file that goes', 'a\n', '', ['1||-a']],
    ['of the same text', 'a\n', 'a\n', []],
    ['of a line end at the end alone', 'a', 'a\n', ['1||-a', '|1|+a']],
  ])('%s', (_, before, after, lines) => expect(shown(before, after)).toEqual(lines));

  it('leaves out what stays far from the changes, and says where', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
    const changed = lines.with(2, 'two').with(35, 'thirty-five');
    const parts = shown(lines.join('\n'), changed.join('\n'));
    expect(parts.filter((line) => line.includes('@'))).toHaveLength(1);
    expect(parts).toContain('3||-line 2');
    expect(parts).toContain('|36|+thirty-five');
    expect(parts.length).toBeLessThan(20);
  });

  it('says of a text that is too long that it is', () => {
    expect(shown('', 'x'.repeat(400_001))).toEqual([expect.stringContaining('too long')]);
  });
});
