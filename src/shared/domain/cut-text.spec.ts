import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText } from './cut-text.js';

const line = (omitted: number) => `[${omitted} left out]`;

describe('A text that is too long', () => {
  it('keeps more of its beginning than of its end, and says what is left out', () => {
    const cut = cutText('a'.repeat(5000) + 'b'.repeat(5000), 1000, line);
    const [, head, omitted, tail] = /^(a+)\n\[(\d+) left out\]\n(b+)$/.exec(cut)!;
    expect(cut.length).toBeGreaterThan(990);
    expect(cut.length).toBeLessThanOrEqual(1000);
    expect(head!.length + Number(omitted) + tail!.length).toBe(10_000);
    expect(head!.length / (head!.length + tail!.length)).toBeCloseTo(0.6, 2);
  });

  it.each([999, 1000])('stays as it is with %d characters of 1,000', (length) => {
    const text = 'x'.repeat(length);
    expect(cutText(text, 1000, line)).toBe(text);
  });

  it('has no half of a surrogate pair, and no character twice, wherever it is cut', () => {
    const texts = fc.array(fc.constantFrom('a', '😀', '\n'), { minLength: 110, maxLength: 400 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 100, max: 108 }), (parts, most) => {
        const text = parts.join('');
        const cut = cutText(text, most, line);
        if (text.length <= most) return cut === text;
        const [, head, omitted, tail] = /^([^]*)\n\[(\d+) left out\]\n([^]*)$/.exec(cut)!;
        expect(cut.isWellFormed()).toBe(true);
        expect(cut.length).toBeLessThanOrEqual(most);
        expect(text.startsWith(head!) && text.endsWith(tail!)).toBe(true);
        expect(head!.length + Number(omitted) + tail!.length).toBe(text.length);
        return true;
      }),
    );
  });
});
