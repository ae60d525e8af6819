import { storableText } from '../../../../shared/domain/storable.js';

/** The tools whose argument is what the agent says, and which argument that is. */
const SPOKEN: Readonly<Record<string, string>> = {
  attempt_completion: 'result',
  ask_followup_question: 'question',
};

/** The arguments are read anew with each piece; beyond this length that would cost more than a preview is worth. */
const LONGEST_PREVIEW = 50_000;

/** Between what was said before a call and what the call says. */
export const NEW_PARAGRAPH = '\n\n';

/**
 * Reads a text argument while the model is still writing it, so that readers see the end of a task as it is said.
 * A preview: what counts is the whole message, which replaces it.
 */
export class SpokenCall {
  private said = '';

  /**
   * What is new in the text, given the arguments so far; nothing for a call that says nothing.
   * @param follows whether something was said before the call, which then is a paragraph of its own
   */
  grow(toolName: string, argumentsSoFar: string, follows: boolean): string {
    if (argumentsSoFar.length > LONGEST_PREVIEW) return '';
    const key = SPOKEN[toolName];
    const text = key === undefined ? '' : textSoFar(key, argumentsSoFar);
    const fresh = text.slice(this.said.length);
    const gap = follows && this.said === '' && fresh !== '' ? NEW_PARAGRAPH : '';
    this.said = text;
    return gap + fresh;
  }
}

/** The value of a key at the end of JSON that is not complete yet, as far as it can be read. */
function textSoFar(key: string, json: string): string {
  const written =
    new RegExp(`"${key}"\\s*:\\s*"((?:[^"\\\\]|\\\\u[0-9a-fA-F]{4}|\\\\[^u])*)`).exec(json)?.[1] ?? '';
  try {
    // Half of a pair is shown when its other half has come.
    return storableText((JSON.parse(`"${written}"`) as string).replace(/[\uD800-\uDBFF]$/, ''));
  } catch {
    return ''; // control characters a model must not write: the whole message will tell
  }
}
