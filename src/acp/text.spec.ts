import { expect, it } from 'vitest';
import { plain } from './text.js';

it.each([
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['\u001b[1;31mError\u001b[0m', 'Error'],
  ['a\u001b]0;title\u0007 title\u001b]8;;https://a.example\u001b\\link', 'a titlelink'],
  ['\u009b2Jcleared', 'cleared'],
  ['half\u001b', 'half\uFFFD'],
  ['over\rwritten\b\u007f', 'over\uFFFDwritten\uFFFD\uFFFD'],
  ['turned \u202e round\u2028', 'turned \uFFFD round\uFFFD'],
])('%j is shown as %j', (said, shown) => expect(plain(said)).toBe(shown));
