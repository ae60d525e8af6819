import { IMAGE_TOKENS, estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { ModelMessage, ModelRequest } from './language-model.js';
import { imagesOf } from './message-images.js';

/** The tokens of a request, estimated. */
export function requestTokens({ messages, tools, responseFormat }: ModelRequest): number {
  const described = estimatedTokens(JSON.stringify([tools, responseFormat ?? null]));
  return messages.reduce((sum, message) => sum + messageTokens(message), described);
}

function messageTokens(message: ModelMessage): number {
  const content = estimatedTokens(message.content) + IMAGE_TOKENS * imagesOf(message).length;
  if (message.role !== 'assistant') return content;
  const { toolCalls, reasoning } = message;
  const called = toolCalls.map((call) => estimatedTokens(call.toolName) + estimatedTokens(call.arguments));
  return called.reduce((sum, tokens) => sum + tokens, content + estimatedTokens(reasoning?.text ?? ''));
}
