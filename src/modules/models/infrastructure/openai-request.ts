import type OpenAI from 'openai';
import { ModelMessage, ModelRequest } from '../application/language-model.js';

/** The body of a request in OpenAI's protocol. */
export function toBody(request: ModelRequest): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
  return {
    model: request.model,
    messages: request.messages.map(toMessage),
    stream: true,
    stream_options: { include_usage: true },
    ...(request.tools.length > 0 && {
      tools: request.tools.map(({ name, description, parameters }) => ({
        type: 'function' as const,
        function: { name, description, parameters },
      })),
    }),
    ...(request.responseFormat && {
      response_format: {
        type: 'json_schema' as const,
        json_schema: { ...request.responseFormat, strict: true },
      },
    }),
  };
}

function toMessage(message: ModelMessage): OpenAI.Chat.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'tool':
      return { role: 'tool', content: message.content, tool_call_id: message.callId };
    case 'assistant':
      return {
        role: 'assistant',
        content: message.content === '' && message.toolCalls.length > 0 ? null : message.content,
        ...(message.toolCalls.length > 0 && {
          tool_calls: message.toolCalls.map((call) => ({
            id: call.callId,
            type: 'function' as const,
            function: { name: call.toolName, arguments: call.arguments },
          })),
        }),
      };
  }
}
