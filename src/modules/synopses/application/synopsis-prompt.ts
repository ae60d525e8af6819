import { JsonObject } from '../../../shared/domain/json.js';
import { Material } from '../../conversations/index.js';
import { SynopsisVersion } from '../domain/synopsis.js';

export const askForNotes = (part: number, messages: string): string => `\
This is part ${part} of a session that is too long to be read at once. Write a synopsis of this part alone, with \
everything that is needed to sum up the whole.

The messages:

${messages}`;

export const askToMerge = (notes: string): string => `\
These are notes on parts of one session, in order. Make one synopsis of them; where they differ, the later part counts.

The notes:

${notes}`;

/**
 * Asks for the synopsis of a session.
 * @param live the live version
 * @param payload the client's instructions
 */
export function askForSynopsis(
  live: SynopsisVersion | undefined,
  { of, text }: Material,
  { query, memory }: JsonObject,
): string {
  const known = typeof memory === 'string' ? memory : JSON.stringify(memory, null, 2);
  const task = live
    ? `\
Bring the synopsis of a session up to date: keep what still holds${live.kind === 'edited' ? ' and how the developer has worded it' : ''}, \
change what does not, add what is new.

The synopsis so far:

${JSON.stringify({ title: live.title, items: live.items })}`
    : 'Write the synopsis of a session.';
  return [
    task,
    ...(query === undefined ? [] : [`What the developer wishes of it:\n\n${query as string}`]),
    ...(memory === undefined ? [] : [`What you should know:\n\n${known}`]),
    `${of === 'messages' ? 'The messages' : 'The notes'}${live ? ' since then' : ''}:\n\n${text}`,
  ].join('\n\n');
}
