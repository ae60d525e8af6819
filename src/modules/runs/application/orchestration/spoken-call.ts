import { storableText } from '../../../../shared/domain/storable.js';

/** The tools with an argument that readers see as text, and its name. */
const SPOKEN: Readonly<Record<string, string>> = {
  attempt_completion: 'result',
  ask_followup_question: 'question',
};

/** Whether readers see the text of a call to this tool, in place of the call. */
export const isSpoken = (toolName: string): boolean => Object.hasOwn(SPOKEN, toolName);

/** The arguments are parsed again with each piece, which costs too much beyond this length. */
const LONGEST_PREVIEW = 50_000;

/** Separates the text before a call from the text of the call. */
export const NEW_PARAGRAPH = '\n\n';

/**
 * Reads a text argument while the model is still writing it, so that readers see it as it arrives. A preview: the
 * complete message replaces it.
 */
export class SpokenCall {
  private said = '';

  /**
   * The new part of the text, given the arguments so far; empty for tools without a text.
   * @param follows whether text precedes the call, whose text then begins a paragraph
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

/** The value of a key at the end of incomplete JSON, as far as it can be read. */
function textSoFar(key: string, json: string): string {
  const written =
    new RegExp(`"${key}"\\s*:\\s*"((?:[^"\\\\]|\\\\u[0-9a-fA-F]{4}|\\\\[^u])*)`).exec(json)?.[1] ?? '';
  try {
    // Half of a surrogate pair is held back until the other half arrives.
    return storableText((JSON.parse(`"${written}"`) as string).replace(/[\uD800-\uDBFF]$/, ''));
  } catch {
    return ''; // invalid control characters: the complete message shows the text
  }
}
