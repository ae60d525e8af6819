import { describe, expect, it } from 'vitest';
import { costOf } from '../usage/cost.ts';
import { short } from './numbers.ts';
import { lengthOf } from './time.tsx';
import { visible } from './visible.ts';

describe('what the console writes for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1.0k'],
    [9_949, '9.9k'],
    [32_768, '33k'],
    [1_250_000, '1.3M'],
  ])('shortens the count %d', (count, words) => expect(short(count)).toBe(words));

  it.each([
    [0, '0.00'],
    [1, '< 0.01'],
    [12_345_678, '12.35'],
  ])('tells the cost of %d millionths', (micros, words) => expect(costOf(micros)).toBe(words));

  it.each([
    [-5, '0 ms'],
    [999, '999 ms'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_500_000, '2 h 05 min'],
    [400_000_000, '4 d'],
  ])('tells the length of %d ms', (ms, words) => expect(lengthOf(ms)).toBe(words));

  it.each([
    ['rm -rf \u202egpj.exe', 'rm -rf ⟨U+202E⟩gpj.exe'],
    ['a\u200bb\u2066c\u0007', 'a⟨U+200B⟩b⟨U+2066⟩c⟨U+0007⟩'],
    ['\u{e0001}tag', '⟨U+E0001⟩tag'],
    ['one\n\ttwo é 🙂', 'one\n\ttwo é 🙂'],
  ])('shows what cannot be seen in %j', (text, shown) => expect(visible(text)).toBe(shown));
});
