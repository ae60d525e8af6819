import { ModelMessage, ModelReasoning } from '../application/language-model.js';
import { fieldsToReturn } from './gathered-reasoning.js';
import { stringOf } from './openai-chunk.js';

/** The model that a request is for. */
export type Asked = Pick<ModelReasoning, 'provider' | 'model'>;

/** The reasoning of a message, if the asked model wrote it. */
export function ownReasoning(asked: Asked, message: ModelMessage): ModelReasoning | undefined {
  const reasoning = message.role === 'assistant' ? message.reasoning : undefined;
  const isOwn = reasoning?.provider === asked.provider && reasoning.model === asked.model;
  return isOwn ? reasoning : undefined;
}

/**
 * The ids by which a request names calls: the provider's own, since its signatures may be bound to them, or in them. An id
 * that it gave before is left out.
 */
export function idsOf(messages: readonly ModelMessage[], asked: Asked): (callId: string) => string {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    const reasoning = ownReasoning(asked, message);
    const calls = reasoning ? fieldsToReturn(reasoning).calls : [];
    for (const [index, { callId }] of message.toolCalls.entries()) {
      const id = stringOf(calls[index]?.['id']);
      if (id === '' || taken.has(id)) continue;
      taken.add(id);
      ids.set(callId, id);
    }
  }
  return (callId) => ids.get(callId) ?? shortId(callId);
}

/** Nine letters and digits, which Mistral insists on and all others accept. The end of a UUID of version 7 is random. */
const shortId = (callId: string): string =>
  (Number.parseInt(callId.slice(-12), 16) % 36 ** 9).toString(36).padStart(9, '0');
