/** The share of the beginning: most texts say there what they are. */
const HEAD = 0.6;

/** Whether a cut at this place would split a surrogate pair. */
export const isWithinPair = (text: string, at: number): boolean =>
  /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(at - 1, at + 1));

/**
 * A text that has `most` characters (UTF-16 units) or fewer: as it is, or its beginning and its end, with one line between.
 * Surrogate pairs are not split.
 * @param most many times the length of the line
 * @param line what stands in place of the omitted characters
 */
export function cutText(text: string, most: number, line: (omitted: number) => string): string {
  if (text.length <= most) return text;
  const room = most - line(text.length).length - '\n\n'.length;
  const head = Math.floor(room * HEAD);
  const tail = text.length - (room - head);
  const end = isWithinPair(text, head) ? head - 1 : head;
  const begin = isWithinPair(text, tail) ? tail + 1 : tail;
  return `${text.slice(0, end)}\n${line(begin - end)}\n${text.slice(begin)}`;
}
