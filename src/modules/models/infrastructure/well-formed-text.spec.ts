import { describe, expect, it } from 'vitest';
import { WellFormedText } from './well-formed-text.js';

const through = (...pieces: string[]) => {
  const text = new WellFormedText();
  return [...pieces.map((piece) => text.push(piece)), text.end()];
};

describe('a model’s text', () => {
  it('passes as it is', () => {
    expect(through('a', 'б', '😀')).toEqual(['a', 'б', '😀', '']);
  });

  it('is put together where a pair was cut', () => {
    expect(through('a\ud83d', '\ude00b')).toEqual(['a', '😀b', '']);
  });

  it('has the replacement character for NUL and halves of pairs', () => {
    expect(through('a\0b', '\ud800', 'c', 'd\udc00', '\ud83d')).toEqual([
      'a\ufffdb',
      '',
      '\ufffdc',
      'd\ufffd',
      '',
      '\ufffd',
    ]);
  });
});
