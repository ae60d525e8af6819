import { describe, expect, it } from 'vitest';
import { titleOf } from './title.js';

describe('the title of a text', () => {
  it.each([
    ['Fix the login', 'Fix the login'],
    ['Fix the login\nIt fails since Monday', 'Fix the login'],
    ['Fix the login\r\nIt fails', 'Fix the login'],
    ['one\u2028two', 'one'],
    ['\n \u200b\n\tFix \t the  login ', 'Fix the login'],
    ['red \u001b[31malert\u0007', 'red [31malert'],
    ['user\u202egpj.exe', 'user gpj.exe'],
    ['x'.repeat(60), 'x'.repeat(60)],
    ['x'.repeat(61), `${'x'.repeat(59)}…`],
    [`${'x'.repeat(58)} and more`, `${'x'.repeat(58)}…`],
    ['😀'.repeat(61), `${'😀'.repeat(59)}…`],
  ])('%j is %j', (text, title) => {
    expect(titleOf(text)).toBe(title);
  });

  it.each(['', '\n\n', '\u200b', '\u0000'])('does not exist: %j', (text) => {
    expect(titleOf(text)).toBeUndefined();
  });
});
