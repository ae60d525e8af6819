import { describe, expect, it } from 'vitest';
import { isVisible } from './visible-text.js';

describe('isVisible', () => {
  it.each(['x', '  x  ', '.', '-', '0', 'é', 'e\u0301', '日本', '👩‍👩‍👧', '€', '\u200bx', 'क\u093f', '\ue0b0'])(
    'sees %j',
    (text) => expect(isVisible(text)).toBe(true),
  );

  it.each([
    ...['', ' ', '\t\r\n', '\u00a0', '\u3000', '\u2028', '\u0085'],
    ...['\u200b', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u202e\u202c', '\u2066', '\u{e0001}', '\ufe0f'],
    ...['\u0007', '\u001b', '\u007f', '\u009b'],
    ...['\u3164', '\u115f', '\uffa0', '\u2800', '\u0301'],
    ' \u200b\n\u2800 ',
  ])('sees nothing in %j', (text) => expect(isVisible(text)).toBe(false));
});
