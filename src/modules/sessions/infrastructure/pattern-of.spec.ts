import { describe, expect, it } from 'vitest';
import { patternOf } from './pattern-of.js';

describe('the pattern of a text', () => {
  it.each([
    ['login', '[lL][oO][gG][iI][nN]'],
    ['Вход', '[Вв][хХ][оО][дД]'],
    ['straße', '[sS][tT][rR][aA]ß[eE]'],
    ['100% (a_b)*', String.raw`100% \([aA]_[bB]\)\*`],
    ['***=x', String.raw`\*\*\*=[xX]`],
    [String.raw`\d^-]`, String.raw`\\[dD]\^-\]`],
  ])('%s is %s', (text, pattern) => {
    expect(patternOf(text)).toBe(pattern);
  });
});
