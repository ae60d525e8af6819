import { type Place, linesAround, likeliestLine } from './likeliest-line.ts';
import { ToolError } from './answers.ts';
import { type DiffDisplay, diffOf } from './display.ts';

export { type DiffDisplay, type Display, type OutputDisplay, displayIn } from './display.ts';
export { visible } from './visible.ts';

/** One piece of an edit_file. */
export interface Edit {
  readonly old_text: string;
  readonly new_text: string;
  /** Every place instead of the only one. */
  readonly replace_all?: boolean;
}

const BOM = '\uFEFF';
/** A line end with the blanks before it, or the blanks at the end of the text. */
const LINE_END = /(?<![ \t])[ \t]*(?:\r\n|\r|\n|$)/g;
const SHOWN_PLACES = 10;
/** Of a text that should have one place only. */
const MOST_PLACES = 100;
/** Shorter ones are in many files by chance. */
const TELLING_LENGTH = 10;

/**
 * Makes all edits of a text, in order, or none. Each old_text must fit exactly one place: character by character, or else
 * with line ends and blanks at the ends of lines ignored. Line ends become those of the file, and a byte order mark stays.
 * @throws ToolError edit.no_match, edit.not_unique, edit.identical, with the lines around the likeliest place
 */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const mark = text.startsWith(BOM) ? BOM : '';
  const before = text.slice(mark.length);
  let after = before;
  for (const [index, edit] of edits.entries()) {
    after = applyEdit(after, withoutMark(edit), edits.length > 1 ? `edits.${index}: ` : '');
  }
  if (after === before)
    throw new ToolError('edit.identical', 'The edits change nothing: the file says this already');
  return mark + after;
}

/** SHA-256 of a text as UTF-8, or of the bytes that would be saved, in hexadecimal digits. */
export async function hashOf(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The text of a file; undefined where it is no text of UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined; // other bytes
  }
}

/** A file that a tool is about to change, and the hash that the server expects of it. */
export interface Expectation {
  readonly path: string;
  /** The bytes of the file as it would be saved; undefined where there is none. */
  readonly present: Uint8Array | undefined;
  /** As the call carries it: null = the file must not be there; undefined = nothing is expected. */
  readonly expectedHash: string | null | undefined;
  /** Shown in the error, where the file has changed. */
  readonly edits?: readonly Edit[];
}

/** @throws ToolError edit.stale, file.exists, file.not_found where the file is not as the model was shown it */
export async function requireExpected({ path, present, expectedHash, edits }: Expectation): Promise<void> {
  if (expectedHash === undefined) return;
  if (expectedHash === null) {
    if (present === undefined) return;
    throw new ToolError('file.exists', `${path} is there already, and you have not read it: read it first`);
  }
  if (present === undefined) throw notFound(path);
  if ((await hashOf(present)) === expectedHash) return;
  const text = textOf(present) ?? '';
  const line = edits?.[0] && likeliestLine(text, edits[0].old_text);
  const shown = line === undefined ? '' : `\nNow it says:\n${linesAround(text, line)}`;
  const advice =
    'nothing was changed. Read it again, keep what was written meanwhile, and send the call anew';
  throw new ToolError('edit.stale', `${path} has changed since you read it; ${advice}${shown}`);
}

/**
 * The text of a file after an edit_file, with all that has to be checked before.
 * @throws ToolError with the code and the words that the model needs
 */
export async function editFile(file: Expectation & { readonly edits: readonly Edit[] }): Promise<string> {
  const { path, present, edits } = file;
  if (present === undefined) throw notFound(path);
  await requireExpected(file);
  const text = textOf(present);
  if (text === undefined) {
    throw new ToolError('edit.no_match', `${path} is no text in UTF-8: edit_file cannot change it`);
  }
  return applyEdits(text, edits);
}

/**
 * The `display` of a tool that has changed a file; undefined where the file was no text.
 * @param before undefined where there was no file
 */
export function changeIn(
  path: string,
  before: Uint8Array | undefined,
  after: string,
): DiffDisplay | undefined {
  const text = before === undefined ? null : textOf(before);
  return text === undefined ? undefined : diffOf(path, text, after);
}

export const notFound = (path: string): ToolError =>
  new ToolError('file.not_found', `There is no file ${path}: look for it with list_files or search_in_code`);

function applyEdit(text: string, edit: Edit, which: string): string {
  const { old_text: wanted, new_text: replacement, replace_all: all = false } = edit;
  if (wanted === replacement) {
    throw new ToolError('edit.identical', `${which}old_text and new_text are the same: nothing would change`);
  }
  const most = all ? Infinity : MOST_PLACES;
  const exact = placesOf(text, wanted, most);
  const places = exact.length > 0 ? exact : loosePlacesOf(text, wanted, most);
  if (places.length === 0) throw noMatch(text, edit, which);
  if (places.length > 1 && !all) throw notUnique(text, places, which);
  // Carriage returns that the model has seen and written are meant.
  const isLiteral = exact.length > 0 && (wanted + replacement).includes('\r');
  let done = '';
  let end = 0;
  for (const place of withoutOverlaps(places)) {
    done += text.slice(end, place.start) + (isLiteral ? replacement : withLineEnds(replacement, text, place));
    end = place.end;
  }
  return done + text.slice(end);
}

/** All places of a text, overlapping ones too: what fits two of them is not unique. */
function placesOf(text: string, wanted: string, most: number): Place[] {
  const places: Place[] = [];
  let start = text.indexOf(wanted);
  for (; start >= 0 && places.length < most; start = text.indexOf(wanted, start + 1)) {
    places.push({ start, end: start + wanted.length });
  }
  return places;
}

/** The places where line ends and the blanks before them are other ones. */
function loosePlacesOf(text: string, wanted: string, most: number): Place[] {
  const { plain, toOriginal } = withPlainEnds(text);
  const plainWanted = wanted.replace(LINE_END, (end) => (/[\r\n]/.test(end) ? '\n' : ''));
  // Blanks at the end of old_text say that the line ends there.
  const endsLine = /[ \t]$/.test(wanted);
  if (plainWanted === '') return [];
  return placesOf(plain, plainWanted, most)
    .filter(({ end }) => !endsLine || end === plain.length || plain[end] === '\n')
    .map(({ start, end }) => ({ start: toOriginal(start), end: toOriginal(end) }));
}

/** A text with plain line ends and no blanks before them, and where its characters stand in the original. */
function withPlainEnds(text: string) {
  /** Where lines begin: in the plain text, and in the original. */
  const plainStarts = [0];
  const starts = [0];
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(LINE_END)) {
    lines.push(text.slice(start, index));
    start = index + end.length;
    if (!/[\r\n]/.test(end)) break;
    plainStarts.push(plainStarts.at(-1)! + lines.at(-1)!.length + 1);
    starts.push(start);
  }
  const toOriginal = (position: number): number => {
    let low = 0;
    for (let high = plainStarts.length; high - low > 1;) {
      const middle = (low + high) >> 1;
      if (plainStarts[middle]! <= position) low = middle;
      else high = middle;
    }
    return starts[low]! + position - plainStarts[low]!;
  };
  return { plain: lines.join('\n'), toOriginal };
}

function withoutOverlaps(places: readonly Place[]): Place[] {
  const kept: Place[] = [];
  for (const place of places) if (place.start >= (kept.at(-1)?.end ?? 0)) kept.push(place);
  return kept;
}

/** The replacement with the line ends of the place, or else of the lines around it. */
function withLineEnds(replacement: string, text: string, { start, end }: Place): string {
  if (!/[\r\n]/.test(replacement)) return replacement;
  const lineEnd =
    /\r\n|\r|\n/.exec(text.slice(start, end))?.[0] ??
    /\r\n|\r|\n/.exec(text.slice(end))?.[0] ??
    /(?:\r\n|\r|\n)(?=[^\r\n]*$)/.exec(text.slice(0, start))?.[0];
  return lineEnd === undefined ? replacement : replacement.replace(/\r\n|\r|\n/g, lineEnd);
}

const withoutMark = ({ old_text: wanted, new_text: replacement, ...rest }: Edit): Edit => ({
  ...rest,
  old_text: wanted.length > 1 && wanted.startsWith(BOM) ? wanted.slice(1) : wanted,
  new_text: replacement.startsWith(BOM) ? replacement.slice(1) : replacement,
});

function noMatch(text: string, { old_text: wanted, new_text: replacement }: Edit, which: string): ToolError {
  const line = likeliestLine(text, wanted);
  const shown = line === undefined ? '' : `\nThe most similar lines are:\n${linesAround(text, line)}`;
  const says = `${which}old_text is not in the file; nothing was changed. `;
  return new ToolError('edit.no_match', `${says}${adviceFor(text, wanted, replacement)}${shown}`);
}

function adviceFor(text: string, wanted: string, replacement: string): string {
  if (text.normalize('NFC').includes(wanted.normalize('NFC'))) {
    return 'The file has it in another Unicode normal form: choose a piece without accented letters, or write the whole file';
  }
  if (replacement.length >= TELLING_LENGTH && text.includes(replacement)) {
    return 'The file has new_text already: this edit may be done';
  }
  return 'Copy it from the file, character by character, or read the file again';
}

function notUnique(text: string, places: readonly Place[], which: string): ToolError {
  const shown = places.slice(0, SHOWN_PLACES);
  const lines = shown.map(({ start }) => text.slice(0, start).split(/\r\n|\r|\n/).length);
  const named = lines.join(', ') + (places.length > SHOWN_PLACES ? ', …' : '');
  const count = places.length < MOST_PLACES ? places.length : `at least ${MOST_PLACES}`;
  const says = `${which}old_text is in the file ${count} times (lines ${named}); nothing was changed. `;
  const advice = 'Add lines around it that make it unique, or say replace_all';
  return new ToolError(
    'edit.not_unique',
    `${says}${advice}\nThe first place:\n${linesAround(text, lines[0]! - 1)}`,
  );
}
