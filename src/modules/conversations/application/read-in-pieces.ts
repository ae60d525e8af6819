import { Message } from '../domain/message.js';
import { MessageText, Passage } from './message-text.js';
import { PieceSize } from './piece-size.js';
import { packIntoPieces } from './pieces.js';

/** A message as a passage, and which one it is. */
export interface MessagePassage extends Passage {
  readonly message: Pick<Message, 'id' | 'position'>;
}

/** A text that fits into one request: messages word for word, or notes on them if they exceed it. */
export interface Material {
  readonly of: 'messages' | 'notes';
  readonly text: string;
}

/** How a model takes notes on what exceeds one request. Notes must be small enough that a piece holds two of them. */
export interface NoteTaker {
  readonly size: PieceSize;
  /** Takes notes on some messages. @param part counts from 1 */
  note(part: number, messages: string): Promise<string>;
  /** Makes one set of notes of several. */
  merge(notes: string): Promise<string>;
}

/**
 * Formats messages that are read page by page, since a history may be larger than the memory of the process.
 * @param page reads the messages after a position; none = the end
 */
export async function* passagesOf(
  page: (after: number) => Promise<readonly Message[]>,
  after: number,
  texts: MessageText,
): AsyncGenerator<MessagePassage> {
  for (let place = after; ;) {
    const messages = await page(place);
    if (messages.length === 0) return;
    for (const message of messages) {
      place = message.position;
      yield { ...texts.of(message), message: { id: message.id, position: message.position } };
    }
  }
}

/**
 * Reduces passages to the size of one request: unchanged if they fit, else as notes on each piece, and as notes on those
 * notes if they are still too long.
 * @returns undefined if there are none
 */
export async function readInPieces<P extends Passage>(
  passages: AsyncIterable<P>,
  taker: NoteTaker,
): Promise<(Material & { readonly last: P }) | undefined> {
  const pieces = packIntoPieces(passages, taker.size);
  const first = await next(pieces);
  if (!first) return undefined;
  const second = await next(pieces);
  if (!second) return { of: 'messages', text: first.text, last: first.last };
  const notes = [await taker.note(1, first.text), await taker.note(2, second.text)];
  let { last } = second;
  for await (const piece of pieces) {
    notes.push(await taker.note(notes.length + 1, piece.text));
    ({ last } = piece);
  }
  return { of: 'notes', text: await merge(notes, taker), last };
}

async function merge(notes: readonly string[], taker: NoteTaker): Promise<string> {
  const pieces: string[] = [];
  for await (const { text } of packIntoPieces(notes.map(notesOf), taker.size)) pieces.push(text);
  if (pieces.length === 1) return pieces[0]!;
  const merged: string[] = [];
  for (const piece of pieces) merged.push(await taker.merge(piece));
  return merge(merged, taker);
}

/** Notes on one part, under their heading. */
export const notesOf = (notes: string, index: number): Passage => ({
  heading: `=== Part ${index + 1}`,
  body: notes,
});

async function next<T>(items: AsyncGenerator<T>): Promise<T | undefined> {
  const result = await items.next();
  return result.done ? undefined : result.value;
}
