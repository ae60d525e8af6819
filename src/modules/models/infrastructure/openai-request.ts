import type OpenAI from 'openai';
import { ModelImage, ModelMessage, ModelRequest } from '../application/language-model.js';
import { imagesOf } from '../application/message-images.js';
import { Asked, idsOf, ownReasoning } from './call-ids.js';
import { fieldsToReturn } from './gathered-reasoning.js';
import { JsonForm, messagesFor } from './json-forms.js';
import { REQUIRED_FIELD, fieldsOf } from './openai-chunk.js';
import { OutputLimitField } from './output-limit-fields.js';
import { Returned } from './returned-fields.js';

/**
 * The body of a request in OpenAI's protocol.
 * @param provider the host of the model's server; reasoning of other models and servers is left out
 * @param form how JSON is asked for, if it is
 * @param returned which fields go back with the messages of this model; ids of calls do in any case
 * @param limitField where the limit of the answer goes, if the request has one
 */
export function toBody(
  request: ModelRequest,
  provider: string,
  form: JsonForm | undefined,
  returned: Returned,
  limitField: OutputLimitField = 'max_completion_tokens',
): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
  const { model, tools, responseFormat, reasoningEffort, temperature, maxOutputTokens, cacheKey } = request;
  return {
    model,
    messages: toMessages(messagesFor(request, form), { provider, model }, returned),
    stream: true,
    stream_options: { include_usage: true },
    ...(cacheKey !== undefined && { prompt_cache_key: cacheKey }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
    }),
    ...(responseFormat && form && responseFormatOf(responseFormat, form)),
    ...(maxOutputTokens !== undefined && limitField !== 'none' && { [limitField]: maxOutputTokens }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort as OpenAI.ReasoningEffort }),
    ...(temperature !== undefined && { temperature }),
  };
}

function responseFormatOf(format: NonNullable<ModelRequest['responseFormat']>, form: JsonForm) {
  if (form === 'prompt') return {};
  if (form === 'json_object') return { response_format: { type: form } };
  return { response_format: { type: form, json_schema: { ...format, strict: true } } };
}

type OpenAiMessage = OpenAI.Chat.ChatCompletionMessageParam;

function toMessages(messages: readonly ModelMessage[], asked: Asked, returned: Returned): OpenAiMessage[] {
  const idOf = idsOf(messages, asked);
  const all = messages.flatMap((message, index) => [
    toMessage(message, idOf, fieldsFor(asked, message), returned),
    ...(endsAnswers(messages, index) ? imagesOfAnswers(messages, index) : []),
  ]);
  if (returned === 'none') return all;
  if (returned === 'given' && !all.some((message) => REQUIRED_FIELD in message)) return all;
  return all.map((message) => ('tool_calls' in message ? { [REQUIRED_FIELD]: '', ...message } : message));
}

function toMessage(
  message: ModelMessage,
  idOf: (callId: string) => string,
  given: ReturnType<typeof fieldsToReturn> | undefined,
  returned: Returned,
): OpenAiMessage {
  switch (message.role) {
    case 'system':
      return { role: message.role, content: message.content };
    case 'user':
      return { role: message.role, content: withImages(message.content, imagesOf(message)) };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: idOf(message.callId) };
    case 'assistant': {
      const { content, toolCalls } = message;
      const kept = returned === 'none' ? undefined : given;
      return {
        role: 'assistant',
        content: content === '' && toolCalls.length > 0 ? null : content,
        ...(toolCalls.length > 0 && {
          tool_calls: toolCalls.map(({ callId, toolName, arguments: args }, index) => ({
            ...kept?.calls[index],
            id: idOf(callId),
            type: 'function' as const,
            function: { name: toolName, arguments: args, ...fieldsOf(kept?.calls[index]?.['function']) },
          })),
        }),
        ...kept?.message,
      };
    }
  }
}

type UserContent = OpenAI.Chat.ChatCompletionUserMessageParam['content'];

const withImages = (text: string, images: readonly ModelImage[]): UserContent =>
  images.length === 0
    ? text
    : [
        { type: 'text', text },
        ...images.map(({ url }) => ({ type: 'image_url' as const, image_url: { url } })),
      ];

const endsAnswers = (messages: readonly ModelMessage[], index: number): boolean =>
  messages[index]!.role === 'tool' && messages[index + 1]?.role !== 'tool';

/**
 * The images in the answers of tools that end here. In this protocol answers have text only: a user's message shows them,
 * after one of the assistant, since strict chat templates refuse a user's message right after an answer.
 */
function imagesOfAnswers(messages: readonly ModelMessage[], end: number): OpenAiMessage[] {
  const begin = messages.findLastIndex(({ role }, index) => index < end && role !== 'tool') + 1;
  const images = messages.slice(begin, end + 1).flatMap(imagesOf);
  if (images.length === 0) return [];
  return [
    { role: 'assistant', content: '(The images of these answers follow.)' },
    { role: 'user', content: withImages('(The images of these answers, in their order.)', images) },
  ];
}

/** Nothing of other models and servers. */
function fieldsFor(asked: Asked, message: ModelMessage) {
  const reasoning = ownReasoning(asked, message);
  return reasoning && fieldsToReturn(reasoning);
}
