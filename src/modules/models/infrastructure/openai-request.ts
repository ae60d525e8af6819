import type OpenAI from 'openai';
import { ModelMessage, ModelRequest } from '../application/language-model.js';
import { fieldsToReturn } from './gathered-reasoning.js';
import { JsonForm, messagesFor } from './json-forms.js';

/**
 * The body of a request in OpenAI's protocol.
 * @param provider the host of the model's server; reasoning of other models and servers is left out
 * @param form how JSON is asked for, if it is
 */
export function toBody(
  request: ModelRequest,
  provider: string,
  form: JsonForm | undefined,
): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
  const { model, tools, responseFormat } = request;
  return {
    model,
    messages: messagesFor(request, form).map((message) => toMessage(message, { provider, model })),
    stream: true,
    stream_options: { include_usage: true },
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
    }),
    ...(responseFormat && form && responseFormatOf(responseFormat, form)),
  };
}

function responseFormatOf(format: NonNullable<ModelRequest['responseFormat']>, form: JsonForm) {
  if (form === 'prompt') return {};
  if (form === 'json_object') return { response_format: { type: form } };
  return { response_format: { type: form, json_schema: { ...format, strict: true } } };
}

function toMessage(
  message: ModelMessage,
  asked: { readonly provider: string; readonly model: string },
): OpenAI.Chat.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: shortId(message.callId) };
    case 'assistant': {
      const { content, toolCalls, reasoning } = message;
      const isTheirs = reasoning?.provider === asked.provider && reasoning.model === asked.model;
      const given = isTheirs ? fieldsToReturn(reasoning) : undefined;
      return {
        role: 'assistant',
        content: content === '' && toolCalls.length > 0 ? null : content,
        ...(toolCalls.length > 0 && {
          tool_calls: toolCalls.map((call, index) => ({
            id: shortId(call.callId),
            type: 'function' as const,
            function: { name: call.toolName, arguments: call.arguments },
            ...given?.calls[index],
          })),
        }),
        ...given?.message,
      };
    }
  }
}

/** Nine letters and digits, which Mistral insists on and all others accept. The end of a UUID of version 7 is random. */
const shortId = (callId: string): string =>
  (Number.parseInt(callId.slice(-12), 16) % 36 ** 9).toString(36).padStart(9, '0');
