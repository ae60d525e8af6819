import { Message } from '../../conversations/index.js';
import { ToolResultExpired, ToolResultNotFound } from '../domain/run.errors.js';

/**
 * All that was answered to a tool call.
 * @param kept the whole of an answer that was too long for the conversation
 * @param answer the message with the answer
 * @returns the text, or the error that says why there is none
 */
export function wholeAnswer(
  callId: string,
  kept: string | null,
  answer: Message | undefined,
): string | ToolResultNotFound | ToolResultExpired {
  if (kept !== null) return kept;
  if (!answer) return new ToolResultNotFound(callId);
  return answer.truncated === null ? answer.content : new ToolResultExpired(callId);
}
