import { isVisible } from '../../../shared/domain/visible-text.js';

/** Where a title comes from. One of the user is final; that of the first message may give way to one of a model. */
export const TITLE_SOURCES = ['user', 'first_message', 'model'] as const;

export type TitleSource = (typeof TITLE_SOURCES)[number];

/** The title of a session that has none yet. */
export const UNTITLED = 'New session';

/** Of a title that the runtime makes, in characters. */
const LONGEST = 60;

const LINE_END = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/;
/** Spaces in a row, and characters that have an effect instead of a shape. */
const BLANKS = /[\p{White_Space}\p{Cc}\p{Bidi_Control}]+/gu;

/** The first line of a text that a reader sees, as a title; undefined if there is none. */
export function titleOf(text: string): string | undefined {
  const line = text.split(LINE_END).find(isVisible);
  if (line === undefined) return undefined;
  const words = line.replaceAll(BLANKS, ' ').trim();
  const characters = Array.from(words.slice(0, 2 * LONGEST + 2)); // one more than the longest title, at two units each
  return characters.length <= LONGEST
    ? characters.join('')
    : `${characters
        .slice(0, LONGEST - 1)
        .join('')
        .trimEnd()}…`;
}
