import { describe, expect, it } from 'vitest';
import { shownContent } from './shown-content.js';

const MESSAGE = { id: 'm1', role: 'user', note: null } as const;

describe('A message of the user', () => {
  it('is shown as it is with 50,000 characters', () => {
    const content = 'x'.repeat(50_000);
    expect(shownContent({ ...MESSAGE, content })).toBe(content);
  });

  it('is shown by its beginning and end beyond that, with how to read on', () => {
    const content = `first${'x'.repeat(999_990)}last!`;
    const shown = shownContent({ ...MESSAGE, content });
    expect(shown).toMatch(/^first.*read_result with message_id m1 .*last!$/s);
    expect(shown.length).toBeLessThanOrEqual(50_000);
    expect(shownContent({ ...MESSAGE, content })).toBe(shown);
  });

  it('ends with the note of the runtime, also where it is cut', () => {
    const note = '(Today is 2026-11-27.)';
    expect(shownContent({ ...MESSAGE, content: 'Hello', note })).toBe(`Hello\n\n${note}`);
    const cut = shownContent({ ...MESSAGE, content: 'x'.repeat(60_000), note });
    expect(cut.endsWith(`x\n\n${note}`)).toBe(true);
  });
});
