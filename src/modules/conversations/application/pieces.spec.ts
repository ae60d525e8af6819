import { describe, expect, it } from 'vitest';
import { packIntoPieces } from './pieces.js';

const passage = (heading: string, body: string) => ({ heading, body });

async function pack(most: number, ...passages: { heading: string; body: string }[]) {
  const pieces: { text: string; last: string }[] = [];
  for await (const { text, last } of packIntoPieces(passages, { most })) {
    pieces.push({ text, last: last.heading });
  }
  return pieces;
}

describe('Pieces', () => {
  it('hold as many passages as fit, in order', async () => {
    const pieces = await pack(13, passage('#1', 'ab'), passage('#2', 'cd'), passage('#3', 'ef'));
    expect(pieces).toEqual([
      { text: '#1\nab\n\n#2\ncd', last: '#2' },
      { text: '#3\nef', last: '#3' },
    ]);
    // With one character less, each passage is a piece of its own.
    expect(await pack(11, passage('#1', 'ab'), passage('#2', 'cd'))).toHaveLength(2);
  });

  it('are none where nothing is said', async () => {
    expect(await pack(100)).toEqual([]);
  });

  it('hold passages without a word', async () => {
    expect(await pack(100, passage('#1', ''))).toEqual([{ text: '#1\n', last: '#1' }]);
  });

  it('hold the parts of a passage that is larger than one of them, each with its heading', async () => {
    const body = Array.from({ length: 100 }, (_, n) => `${n} `).join('');
    const pieces = await pack(50, passage('#1', 'before'), passage('#2', body), passage('#3', 'after'));
    expect(pieces.every(({ text }) => text.length <= 50)).toBe(true);
    expect(pieces.map(({ last }) => last)).toEqual(['#1', ...pieces.slice(2).map(() => '#2'), '#3']);
    const parts = pieces.slice(1, -1).map(({ text }) => text);
    expect(parts.map((text) => text.split('\n')[0])).toEqual([
      '#2',
      ...parts.slice(1).map(() => '#2, continued'),
    ]);
    expect(parts.map((text) => text.slice(text.indexOf('\n') + 1)).join('')).toBe(body);
  });

  it('never divide a character', async () => {
    for (const most of [30, 31]) {
      const pieces = await pack(most, passage('#1', '🌳'.repeat(50)));
      expect(pieces.every(({ text }) => text.isWellFormed())).toBe(true);
      const trees = pieces.map(({ text }) => text.slice(text.indexOf('\n') + 1)).join('');
      expect(trees).toBe('🌳'.repeat(50));
    }
  });

  it('are as large as a measure allows, for any mixture of characters', async () => {
    const sizeOf = (text: string) => Math.ceil(text.length / 4 + (text.match(/[а-я]/g)?.length ?? 0) * 0.75);
    const body = 'код '.repeat(200) + 'code '.repeat(400) + 'ко'.repeat(100);
    const pieces: string[] = [];
    for await (const { text } of packIntoPieces([passage('#1', body)], { most: 40, sizeOf }))
      pieces.push(text);
    expect(pieces.map(sizeOf).every((size) => size <= 40)).toBe(true);
    // None but the last is half empty.
    expect(Math.min(...pieces.slice(0, -1).map(sizeOf))).toBeGreaterThan(20);
    expect(pieces.map((text) => text.slice(text.indexOf('\n') + 1)).join('')).toBe(body);
  });
});
