import { describe, expect, it } from 'vitest';
import { parseJsonFile } from './parse-json-file.js';

describe('a JSON file that the settings name', () => {
  it('is read', () => {
    expect(parseJsonFile('a.json', '{"a":[1]}')).toEqual({ a: [1] });
  });

  it.each([
    ['{"api_key_env": sk-proj-1234}', "Unexpected token 's'"],
    [
      '{"id":"p","name":"a long name","api_key_env": sk-proj-1234, "base_url":"http"}',
      "Unexpected token 's'",
    ],
    ['sk-proj-1234', "Unexpected token 's'"],
    ['{"api_key_env":"sk-proj-1234"', "Expected ',' or '}' after property value in JSON at position 29"],
    ['{', "Expected property name or '}' in JSON at position 1"],
    ['', 'Unexpected end of JSON input'],
  ])('is refused without what stands in it: %s', (text, why) => {
    const parse = () => parseJsonFile('a.json', text);
    expect(parse).toThrow(`a.json: is not JSON: ${why}`);
    expect(parse).not.toThrow('proj');
  });
});
