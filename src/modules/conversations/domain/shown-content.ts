import { cutText } from '../../../shared/domain/cut-text.js';
import { Message } from './message.js';

type Shown = Pick<Message, 'id' | 'role' | 'content' | 'note'>;

/** The characters of a user's message that a model is shown. */
export const LONGEST_SHOWN = 50_000;

/**
 * What a model is shown of a message: of a very long one of the user the beginning and the end, and how to read on; then the
 * note. Always the same for the same message, so that what was sent once is sent again unchanged.
 */
export function shownContent({ id, role, content, note }: Shown): string {
  const text = role === 'user' ? cutText(content, LONGEST_SHOWN, (omitted) => leftOut(omitted, id)) : content;
  return note === null ? text : `${text}\n\n${note}`;
}

const leftOut = (omitted: number, id: string): string =>
  `[${omitted} characters of this message are left out here: read_result with message_id ${id} reads them]`;
