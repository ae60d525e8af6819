import { expect, it } from 'vitest';
import { plain } from './text.js';

it.each([
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['\u001b[1;31mError\u001b[0m', 'Error'],
  ['a\u001b]0;title\u0007 title\u001b]8;;https://a.example\u001b\\link', 'a titlelink'],
  ['\u009b2Jcleared', 'cleared'],
  ['half\u001b', 'half⟨U+001B⟩'],
  ['over\rwritten\b\u007f', 'over⟨U+000D⟩written⟨U+0008⟩⟨U+007F⟩'],
  ['turned \u202e round\u2028', 'turned ⟨U+202E⟩ round⟨U+2028⟩'],
])('%j is shown as %j', (said, shown) => expect(plain(said)).toBe(shown));
