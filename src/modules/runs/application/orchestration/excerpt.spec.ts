import { describe, expect, it } from 'vitest';
import { Range, excerptOf } from './excerpt.js';

const MOST = 4_000;
const numbered = (lines: number) => Array.from({ length: lines }, (_, n) => `line ${n + 1}`).join('\n');
const read = (text: string, range: Partial<Range> = {}) =>
  excerptOf(text, { startLine: 1, endLine: undefined, query: undefined, ...range }, MOST);

describe('An excerpt of a text', () => {
  it.each<[string, Partial<Range>, string]>([
    ['all lines', {}, '[lines 1 to 3 of 3]\nline 1\nline 2\nline 3'],
    ['some lines', { startLine: 2, endLine: 2 }, '[lines 2 to 2 of 3]\nline 2'],
    ['lines up to one that is not there', { startLine: 3, endLine: 9 }, '[lines 3 to 3 of 3]\nline 3'],
    ['lines that contain a query', { query: 'LINE 3' }, '[1 with "LINE 3" in lines 1 to 3 of 3]\n3: line 3'],
    ['none of them', { query: 'x' }, '[0 with "x" in lines 1 to 3 of 3]'],
    ['a query within a range', { query: 'e', endLine: 1 }, '[1 with "e" in lines 1 to 1 of 3]\n1: line 1'],
  ])('has %s', (_what, range, content) => {
    expect(read(numbered(3), range)).toEqual({ end: 'complete', content });
  });

  it('is an error beyond the end', () => {
    expect(read(numbered(3), { startLine: 4 })).toEqual({
      end: 'fail',
      content: 'Error: line 4 is beyond the end: there are 3 lines',
    });
  });

  it.each<[string, Partial<Range>]>([
    ['lines', {}],
    ['lines that contain a query', { query: 'line' }],
  ])('shows every one of many %s, if one goes on where it says', (_what, range) => {
    const seen: string[] = [];
    let startLine: number | undefined = 1;
    while (startLine !== undefined) {
      const { content } = read(numbered(2_000), { ...range, startLine });
      expect(content.length).toBeLessThanOrEqual(MOST);
      const [heading, ...lines] = content.split('\n');
      seen.push(...lines.map((line) => line.replace(/^\d+: /, '')));
      const [, next] = /go on with start_line (\d+)\]$/.exec(heading!) ?? [];
      startLine = next === undefined ? undefined : Number(next);
    }
    expect(seen.join('\n')).toBe(numbered(2_000));
  });

  it('reads a text without line breaks in pieces, none of which splits a surrogate pair', () => {
    const text = `x${'😀'.repeat(5_000)}`;
    let rest = '';
    for (let line = 1; line <= 6; line++) {
      const [heading, piece = ''] = read(text, { startLine: line, endLine: line }).content.split('\n');
      expect(heading).toContain('of 6');
      expect(piece.isWellFormed()).toBe(true);
      rest += piece;
    }
    expect(rest).toBe(text);
  });

  it('has an empty line where the text ends with a line break, and one where it is empty', () => {
    expect(read('a\n').content).toBe('[lines 1 to 2 of 2]\na\n');
    expect(read('').content).toBe('[lines 1 to 1 of 1]\n');
  });
});
