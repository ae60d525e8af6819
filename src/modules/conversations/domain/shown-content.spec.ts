import { describe, expect, it } from 'vitest';
import { shownContent } from './shown-content.js';

describe('A message of the user', () => {
  it('is shown as it is with 50,000 characters', () => {
    const content = 'x'.repeat(50_000);
    expect(shownContent({ id: 'm1', content })).toBe(content);
  });

  it('is shown by its beginning and end beyond that, with how to read on', () => {
    const content = `first${'x'.repeat(999_990)}last!`;
    const shown = shownContent({ id: 'm1', content });
    expect(shown).toMatch(/^first.*read_result with message_id m1 .*last!$/s);
    expect(shown.length).toBeLessThanOrEqual(50_000);
    expect(shownContent({ id: 'm1', content })).toBe(shown);
  });
});
