import type OpenAI from 'openai';
import { JsonObject } from '../../../shared/domain/json.js';
import { ModelMessage } from '../application/language-model.js';
import { Fields, stringOf } from './openai-chunk.js';

type InputItem = OpenAI.Responses.ResponseInputItem;
type AssistantMessage = Extract<ModelMessage, { role: 'assistant' }>;

/** What stands between the texts of two messages of one answer. */
export const PARAGRAPH = '\n\n';

/**
 * What is kept of an item of an answer, so that reasoning goes back at its place: reasoning as it came; a message by its
 * length, and a call by its place, since their contents are those of our message.
 * @param characters the length of its text
 * @returns undefined for an item that does not go back
 */
export function toKeptItem(item: Fields, characters: number): JsonObject | undefined {
  const { type, phase } = item;
  switch (type) {
    case 'reasoning':
      return toKeptReasoning(item);
    case 'message':
      return { type, characters, ...(typeof phase === 'string' && { phase }) };
    case 'function_call':
      return { type };
    default:
      return undefined;
  }
}

/** Without contents the server would look for it by its id, and it stores nothing. With them it needs no id. */
function toKeptReasoning({ id, status: _status, ...item }: Fields): JsonObject | undefined {
  const { encrypted_content: encrypted, content } = item;
  if (stringOf(encrypted) !== '') return item as JsonObject;
  return Array.isArray(content) && content.length > 0 ? ({ id, ...item } as JsonObject) : undefined;
}

export const isReasoning = ({ type }: JsonObject): boolean => type === 'reasoning';

/** Whether an item has more than the message and its calls tell. */
export const isReturned = (item: JsonObject): boolean => isReasoning(item) || 'phase' in item;

/**
 * The items of an assistant message: its text and its calls, with the reasoning between them.
 * @param kept the items of the answer; empty if the reasoning does not go back
 */
export function toItems(
  { content, toolCalls, reasoning }: AssistantMessage,
  kept: readonly JsonObject[],
  idOf: (callId: string) => string,
): InputItem[] {
  const calls = toolCalls.map(({ callId, toolName, arguments: args }): InputItem => ({
    type: 'function_call',
    call_id: idOf(callId),
    name: toolName,
    arguments: args,
  }));
  const begin = kept.length > 0 ? (reasoning?.offset ?? 0) : 0;
  const items = toMessage(content.slice(0, begin), undefined);
  let rest = content.slice(begin);
  for (const item of kept) {
    if (item['type'] === 'message') {
      const length = Number(item['characters']);
      items.push(...toMessage(rest.slice(0, length), item['phase']));
      rest = rest.slice(length);
      if (rest.startsWith(PARAGRAPH)) rest = rest.slice(PARAGRAPH.length);
    } else if (item['type'] === 'function_call') items.push(...calls.splice(0, 1));
    else items.push(item as unknown as InputItem);
  }
  items.push(...toMessage(rest, undefined), ...calls);
  return items.slice(0, items.findLastIndex(({ type }) => type !== 'reasoning') + 1);
}

function toMessage(text: string, phase: unknown): InputItem[] {
  if (text === '') return [];
  return [{ role: 'assistant', content: text, ...(phase !== undefined && { phase: phase as 'commentary' }) }];
}
