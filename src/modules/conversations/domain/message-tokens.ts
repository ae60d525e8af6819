import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { NewMessage } from './message.js';
import { shownContent } from './shown-content.js';

/** Roles, separators and ids, which each message costs beside its text. */
const FRAME = 4;

/** The tokens of a message in a prompt, estimated: its text, its calls, and what goes back to the model with it. */
export function messageTokens(
  message: Pick<NewMessage, 'id' | 'role' | 'content' | 'toolCalls' | 'reasoning'>,
): number {
  const { toolCalls, reasoning } = message;
  const content = message.role === 'user' ? shownContent(message) : message.content;
  const calls = toolCalls.map(
    ({ toolName, arguments: args }) =>
      FRAME + estimatedTokens(toolName) + estimatedTokens(JSON.stringify(args)),
  );
  // The fields of a provider repeat the text, or name the field that it goes back in.
  const returned = reasoning
    ? Math.max(estimatedTokens(reasoning.text), estimatedTokens(JSON.stringify(reasoning.opaque)))
    : 0;
  return calls.reduce((sum, tokens) => sum + tokens, FRAME + estimatedTokens(content) + returned);
}
