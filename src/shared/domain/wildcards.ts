/**
 * Whether a text matches a pattern in which `*` stands for any text, also for none, and `?` for one character. Not a regular
 * expression: the text comes from a model, and backtracking on it could take exponential time.
 */
export const matches = (pattern: string, text: string): boolean =>
  fits(Array.from(pattern), Array.from(text), '*', (sign, character) => sign === '?' || sign === character);

/** Whether a path matches a glob: `*` and `?` as above within a name, `**` for any folders, also for none. */
export const matchesGlob = (glob: string, path: string): boolean =>
  fits(glob.split('/'), path.split('/'), '**', matches);

/** After a mismatch the last `star` takes one more item, so that the time is at most the product of both lengths. */
function fits(
  signs: readonly string[],
  items: readonly string[],
  star: string,
  fitsOne: (sign: string, item: string) => boolean,
): boolean {
  let sign = 0;
  let at = 0;
  let last: { sign: number; at: number } | undefined;
  while (at < items.length) {
    const expected = signs[sign];
    if (expected === star) {
      last = { sign: sign++, at };
    } else if (expected !== undefined && fitsOne(expected, items[at]!)) {
      sign++;
      at++;
    } else if (last) {
      last.at++;
      sign = last.sign + 1;
      at = last.at;
    } else {
      return false;
    }
  }
  return signs.slice(sign).every((rest) => rest === star);
}
