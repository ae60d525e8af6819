import { IMAGE_TOKENS, estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { imagesIn } from '../../../shared/domain/message-parts.js';
import { NewMessage } from './message.js';
import { shownContent } from './shown-content.js';

/** Roles, separators and ids, which each message costs beside its text. */
const FRAME = 4;

/** The tokens of a message in a prompt, estimated: its text, its calls, and what goes back to the model with it. */
export function messageTokens(
  message: Pick<NewMessage, 'id' | 'role' | 'content' | 'note' | 'toolCalls' | 'reasoning'> &
    Partial<Pick<NewMessage, 'parts'>>,
): number {
  const { toolCalls, reasoning, parts = null } = message;
  const content = shownContent(message);
  const calls = toolCalls.map(
    ({ toolName, arguments: args }) =>
      FRAME + estimatedTokens(toolName) + estimatedTokens(JSON.stringify(args)),
  );
  // The fields of a provider repeat the text, or name the field that it goes back in.
  const returned = reasoning
    ? Math.max(estimatedTokens(reasoning.text), estimatedTokens(JSON.stringify(reasoning.opaque)))
    : 0;
  const images = IMAGE_TOKENS * imagesIn({ parts }).length;
  return calls.reduce((sum, tokens) => sum + tokens, FRAME + estimatedTokens(content) + returned + images);
}
