import { cutText } from '../../../shared/domain/cut-text.js';
import { Message } from './message.js';

/** The characters of a user's message that a model is shown. */
const LONGEST_SHOWN = 50_000;

/**
 * What a model is shown of a user's message: of a very long one the beginning and the end, and how to read on. Always the
 * same for the same message, so that what was sent once is sent again unchanged.
 */
export const shownContent = ({ id, content }: Pick<Message, 'id' | 'content'>): string =>
  cutText(
    content,
    LONGEST_SHOWN,
    (omitted) =>
      `[${omitted} characters of this message are left out here: read_result with message_id ${id} reads them]`,
  );
