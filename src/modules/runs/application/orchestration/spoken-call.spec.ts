import { describe, expect, it } from 'vitest';
import { SpokenCall } from './spoken-call.js';

const ANSWER = 'Done: "a\\b"\nне только 😀 ASCII';

describe('a spoken tool call', () => {
  it.each([1, 2, 3, 7])('is heard while it is written, %i characters at a time', (step) => {
    for (const json of [
      JSON.stringify({ result: ANSWER }),
      JSON.stringify({ result: ANSWER }).replace('😀', '\\ud83d\\ude00'),
      `{ "result" : ${JSON.stringify(ANSWER)} }`,
    ]) {
      const spoken = new SpokenCall();
      let heard = '';
      for (let end = step; end < json.length + step; end += step) {
        const fresh = spoken.grow('attempt_completion', json.slice(0, end), false);
        expect(fresh.isWellFormed()).toBe(true);
        heard += fresh;
      }
      expect(heard).toBe(ANSWER);
    }
  });

  it('stops the preview of arguments that are too long to be parsed repeatedly', () => {
    const spoken = new SpokenCall();
    expect(spoken.grow('attempt_completion', `{"result":"${'x'.repeat(40_000)}`, false)).toHaveLength(40_000);
    expect(spoken.grow('attempt_completion', `{"result":"${'x'.repeat(2_000_000)}`, false)).toBe('');
  });

  it('says nothing for tools that do something', () => {
    expect(new SpokenCall().grow('write_file', '{"result":"no"', true)).toBe('');
    expect(
      new SpokenCall().grow('ask_followup_question', '{"suggestions":["a"],"question":"Which', true),
    ).toBe('\n\nWhich');
    expect(new SpokenCall().grow('attempt_completion', '{"result":7', true)).toBe('');
  });
});
