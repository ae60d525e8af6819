/** A part of a text, from one character to before another. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

const SHOWN_LINES = 40;
/** Characters of one line. */
const SHOWN_WIDTH = 200;
const BEGINNING = new RegExp(`^[^]{${SHOWN_WIDTH}}`, 'u');
/** Lines of a wanted text that are looked for. */
const SOUGHT_LINES = 200;

const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/);

/** The number, from 0, of the line at which a text is most similar to a wanted one; undefined where no line is. */
export function likeliestLine(text: string, wanted: string): number | undefined {
  const exact = text.indexOf(wanted);
  if (exact >= 0) return linesOf(text.slice(0, exact)).length - 1;
  const lines = linesOf(text);
  const sought = linesOf(wanted).slice(0, SOUGHT_LINES);
  return byEqualLines(lines, sought) ?? byWords(lines, sought);
}

/** Up to 40 lines of a text with their numbers, around the one with this number from 0. */
export function linesAround(text: string, line: number): string {
  const lines = linesOf(text);
  const first = Math.max(0, Math.min(line - SHOWN_LINES / 2, lines.length - SHOWN_LINES));
  return lines
    .slice(first, first + SHOWN_LINES)
    .map((each, index) => `${first + index + 1}: ${clip(each)}`)
    .join('\n')
    .trimEnd();
}

const clip = (line: string): string => (line.length > SHOWN_WIDTH ? `${BEGINNING.exec(line)![0]}…` : line);

/** Where the most lines are the same, but for the blanks around them. */
function byEqualLines(lines: readonly string[], sought: readonly string[]): number | undefined {
  const offsets = new Map<string, number[]>();
  for (const [offset, line] of sought.entries()) {
    if (/[\p{L}\p{N}]{2}/u.test(line))
      offsets.set(line.trim(), [...(offsets.get(line.trim()) ?? []), offset]);
  }
  const votes = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    for (const offset of offsets.get(line.trim()) ?? []) {
      votes.set(index - offset, (votes.get(index - offset) ?? 0) + 1);
    }
  }
  const best = highest(votes);
  return best === undefined ? undefined : Math.max(0, best);
}

/** The line with the most words of the wanted text. */
function byWords(lines: readonly string[], sought: readonly string[]): number | undefined {
  const words = new Set(wordsOf(sought.join('\n')));
  const hits = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    const found = new Set(wordsOf(line).filter((word) => words.has(word)));
    if (found.size > 0) hits.set(index, found.size);
  }
  return highest(hits);
}

const wordsOf = (text: string): string[] => text.normalize('NFC').match(/[\p{L}\p{N}_]{3,}/gu) ?? [];

/** The first key with the highest number. */
function highest(numbers: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [key, number] of numbers) if (best === undefined || number > numbers.get(best)!) best = key;
  return best;
}
