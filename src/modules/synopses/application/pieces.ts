import { Passage } from './message-text.js';

const GAP = '\n\n';
const CONTINUED = ', continued';

/** Text that fits into one request, and the last passage in it, complete or in part. */
export interface Piece<P extends Passage> {
  readonly text: string;
  readonly last: P;
}

/**
 * Packs passages into as few pieces as their order allows. Only a passage larger than a piece is split.
 * @param most characters per piece; many times the longest heading
 */
export async function* packIntoPieces<P extends Passage>(
  passages: AsyncIterable<P> | Iterable<P>,
  most: number,
): AsyncGenerator<Piece<P>> {
  let text = '';
  let last: P | undefined;
  for await (const passage of passages) {
    for (const part of divide(passage, most)) {
      if (last && text.length + GAP.length + part.length > most) {
        yield { text, last };
        text = '';
      }
      text += text === '' ? part : GAP + part;
      last = passage;
    }
  }
  if (last) yield { text, last };
}

function* divide({ heading, body }: Passage, most: number): Generator<string> {
  const whole = `${heading}\n${body}`;
  if (whole.length <= most) return yield whole;
  for (let begin = 0, named = heading; begin < body.length; named = heading + CONTINUED) {
    const end = endOfPart(body, begin + most - named.length - 1);
    yield `${named}\n${body.slice(begin, end)}`;
    begin = end;
  }
}

/** Does not split a surrogate pair. */
const endOfPart = (text: string, end: number): number =>
  end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!) ? end - 1 : end;
