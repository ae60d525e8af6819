import { stripVTControlCharacters } from 'node:util';
import { visible } from '#client/edit';

/** What an editor shows of the answer to a call, in characters. */
export const MAX_SHOWN = 4_000;

/** What the server refuses in a message is replaced: NUL, and halves of surrogate pairs. */
export const clean = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();

/** What another program says of itself: without colours, and nothing else in it that a terminal obeys. */
export const plain = (text: string): string => visible(stripVTControlCharacters(text));

/** The beginning of a text that is too long to be shown. */
export const cut = (text: string, max: number): string =>
  text.length <= max
    ? text
    : `${text.slice(0, max).toWellFormed()}\n… (${text.length - max} characters more)`;

/** A block of code, whatever marks the text itself has. */
export function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([marks]) => marks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text.replace(/\n$/, '')}\n${fence}`;
}
