import { describe, expect, it } from 'vitest';
import { parseArguments } from './parse-arguments.js';

const OBJECT = { path: 'a.ts', content: 'one\n\ttwo "three" \\ \u0001' };
const JSON_TEXT = JSON.stringify(OBJECT);

describe('the arguments of a call', () => {
  it.each<[string, string, unknown]>([
    ['JSON', JSON_TEXT, OBJECT],
    ['JSON in a code fence', `\`\`\`json\n${JSON_TEXT}\n\`\`\``, OBJECT],
    ['JSON in a plain code fence', `  \`\`\`\n${JSON.stringify(OBJECT, null, 2)}\n\`\`\`\n`, OBJECT],
    ['a fence within a text', '{"content":"```\\nx\\n```"}', { content: '```\nx\n```' }],
    [
      'line breaks and tabs in a text',
      '{\n\t"content": "one\n\ttwo\r\n\\n"\n}',
      { content: 'one\n\ttwo\r\n\n' },
    ],
    ['quotes beside line breaks', '{"a":"say \\"hi\\"\n","b":"\n"}', { a: 'say "hi"\n', b: '\n' }],
    ['a line break after an escaped backslash', '{"a":"C:\\\\\n"}', { a: 'C:\\\n' }],
    ['a text of JSON', JSON.stringify(JSON_TEXT), JSON_TEXT],
    ['nothing', '', {}],
    ['spaces', ' \n', {}],
    ['null', 'null', {}],
    ['no object', '[1]', [1]],
  ])('are %s', (_what, text, parsed) => {
    expect(parseArguments(text)).toEqual(parsed);
  });

  it.each([
    ['that is cut off', '{"path":"a.ts","content":"half'],
    ['that is cut off in a fence', '```json\n{"path":"a.ts"\n```'],
    ['with a line break that is escaped by a backslash', '{"a":"one\\\ntwo"}'],
    ['with quotes of Python', "{'path': 'a.ts'}"],
    ['with text behind it', '{"path":"a.ts"} and so on'],
    ['twice', '{"path":"a.ts"}{"path":"b.ts"}'],
    ['of 2,000,000 characters that are cut off in a text', `{"a":"${'\\"\n'.repeat(666_666)}`],
    ['of as many that are cut off in an escape', `"${'\\"'.repeat(999_999)}\\`],
    ['of as many quotes', '"'.repeat(2_000_000)],
  ])('are none if they are JSON %s', (_what, text) => {
    expect(parseArguments(text)).toBeUndefined();
  });
});
