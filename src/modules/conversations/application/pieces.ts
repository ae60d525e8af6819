import { Passage } from './message-text.js';
import { PieceSize } from './piece-size.js';

const GAP = '\n\n';
const CONTINUED = ', continued';

/** Text that fits into one request, and the last passage in it, complete or in part. */
export interface Piece<P extends Passage> {
  readonly text: string;
  readonly last: P;
}

/**
 * Packs passages into as few pieces as their order allows. Only a passage larger than a piece is split.
 * @param size of a piece; many times that of the longest heading
 */
export async function* packIntoPieces<P extends Passage>(
  passages: AsyncIterable<P> | Iterable<P>,
  size: PieceSize,
): AsyncGenerator<Piece<P>> {
  const measure = { most: size.most, sizeOf: size.sizeOf ?? lengthOf };
  const gap = measure.sizeOf(GAP);
  let text = '';
  let used = 0;
  let last: P | undefined;
  for await (const passage of passages) {
    for (const part of divide(passage, measure)) {
      const more = measure.sizeOf(part);
      if (last && used + gap + more > measure.most) {
        yield { text, last };
        text = '';
      }
      used = text === '' ? more : used + gap + more;
      text += text === '' ? part : GAP + part;
      last = passage;
    }
  }
  if (last) yield { text, last };
}

/** Whether passages fit into one piece. Reads no further than that needs. */
export async function fitIntoOne<P extends Passage>(
  passages: AsyncIterable<P>,
  size: PieceSize,
): Promise<boolean> {
  let pieces = 0;
  for await (const _ of packIntoPieces(passages, size)) if (++pieces > 1) return false;
  return true;
}

function* divide({ heading, body }: Passage, { most, sizeOf }: Required<PieceSize>): Generator<string> {
  const whole = `${heading}\n${body}`;
  if (sizeOf(whole) <= most) return yield whole;
  for (let begin = 0, named = heading; begin < body.length; named = heading + CONTINUED) {
    const end = endWithin(body, begin, { most: most - sizeOf(`${named}\n`), sizeOf });
    yield `${named}\n${body.slice(begin, end)}`;
    begin = end;
  }
}

/** A token is no more than this many characters, by any measure used here. */
const DENSEST = 4;

/** Where the part that begins there ends, so that it is within the size. Does not split a surrogate pair. */
function endWithin(text: string, begin: number, { most, sizeOf }: Required<PieceSize>): number {
  let length = Math.min(text.length - begin, most * DENSEST);
  for (let size = sizeOf(text.slice(begin, begin + length)); size > most;) {
    length = Math.max(1, Math.min(length - 1, Math.floor((length * most) / size)));
    size = length === 1 ? most : sizeOf(text.slice(begin, begin + length));
  }
  const end = begin + length;
  return length > 1 && end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!) ? end - 1 : end;
}

const lengthOf = (text: string): number => text.length;
