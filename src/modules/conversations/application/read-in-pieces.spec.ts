import { describe, expect, it } from 'vitest';
import { Passage } from './message-text.js';
import { NoteTaker, readInPieces } from './read-in-pieces.js';

async function* said(count: number, length = 90): AsyncGenerator<Passage> {
  for (let n = 1; n <= count; n++) yield { heading: `=== #${n} user`, body: String(n % 10).repeat(length) };
}

/** A model whose notes are of that length. */
function noteTaker(notesLength: number) {
  const asked: string[] = [];
  const notes = (kind: string) => (text: string) => {
    asked.push(kind);
    return Promise.resolve(`${kind} ${text.length}`.padEnd(notesLength, '.'));
  };
  const taker: NoteTaker = {
    size: { most: 250 },
    note: (part, messages) => notes(`note ${part}`)(messages),
    merge: notes('merge'),
  };
  return { asked, taker };
}

describe('a history', () => {
  it('that fits is read as it is, without a model', async () => {
    const { asked, taker } = noteTaker(50);
    const read = await readInPieces(said(2), taker);
    expect(read).toMatchObject({ of: 'messages', last: { heading: '=== #2 user' } });
    expect(read!.text).toContain('=== #1 user\n1111');
    expect(asked).toEqual([]);
  });

  it('of nothing is nothing', async () => {
    expect(await readInPieces(said(0), noteTaker(50).taker)).toBeUndefined();
  });

  it('that does not fit is read as notes on its pieces, in order', async () => {
    const { asked, taker } = noteTaker(50);
    const read = await readInPieces(said(6), taker);
    expect(asked).toEqual(['note 1', 'note 2', 'note 3']);
    expect(read).toMatchObject({ of: 'notes', last: { heading: '=== #6 user' } });
    expect(read!.text.match(/^=== Part \d$/gm)).toHaveLength(3);
  });

  it('whose notes do not fit either has them merged, as often as it takes', async () => {
    const { asked, taker } = noteTaker(100);
    const read = await readInPieces(said(16), taker);
    expect(asked.filter((kind) => kind === 'merge').length).toBe(4 + 2);
    expect(read!.text.length).toBeLessThanOrEqual(250);
  });
});
