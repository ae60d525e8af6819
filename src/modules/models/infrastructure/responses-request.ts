import type OpenAI from 'openai';
import { JsonObject } from '../../../shared/domain/json.js';
import { ModelMessage, ModelRequest } from '../application/language-model.js';
import { imagesOf } from '../application/message-images.js';
import { Asked, idsOf, ownReasoning } from './call-ids.js';
import { JsonForm, messagesFor } from './json-forms.js';
import { OutputLimitField } from './output-limit-fields.js';
import { toItems } from './responses-items.js';
import { Returned } from './returned-fields.js';

type Body = OpenAI.Responses.ResponseCreateParamsStreaming;
type InputItem = OpenAI.Responses.ResponseInputItem;

/**
 * The body of a request to the Responses API. The provider stores nothing: the conversation is in each request.
 * @param provider the host of the model's server; reasoning of other models and servers is left out
 * @param form how JSON is asked for, if it is
 * @param returned whether reasoning is asked for and goes back; ids of calls do in any case
 * @param limitField `none` = the model takes no limit of its answer; there is one name for it here
 */
export function toResponsesBody(
  request: ModelRequest,
  provider: string,
  form: JsonForm | undefined,
  returned: Returned,
  limitField: OutputLimitField = 'max_completion_tokens',
): Body {
  const { model, tools, responseFormat, reasoningEffort, temperature, maxOutputTokens, cacheKey } = request;
  const [first, ...others] = messagesFor(request, form);
  const hasInstructions = first?.role === 'system';
  const messages = first && !hasInstructions ? [first, ...others] : others;
  return {
    model,
    ...(hasInstructions && { instructions: first.content }),
    input: toInput(messages, { provider, model }, returned),
    stream: true,
    store: false,
    ...(cacheKey !== undefined && { prompt_cache_key: cacheKey }),
    ...(returned !== 'none' && { include: ['reasoning.encrypted_content'] }),
    ...((returned === 'given' || reasoningEffort !== undefined) && {
      reasoning: {
        ...(returned === 'given' && { summary: 'auto' }),
        ...(reasoningEffort !== undefined && { effort: reasoningEffort as OpenAI.ReasoningEffort }),
      },
    }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && limitField !== 'none' && { max_output_tokens: maxOutputTokens }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters,
        strict: false, // as in chat completions; it is true by default
      })),
    }),
    ...(responseFormat && form && textFormatOf(responseFormat, form)),
  };
}

function textFormatOf(
  format: NonNullable<ModelRequest['responseFormat']>,
  form: JsonForm,
): Pick<Body, 'text'> {
  if (form === 'prompt') return {};
  if (form === 'json_object') return { text: { format: { type: form } } };
  return { text: { format: { type: form, ...format, strict: true } } };
}

function contentOf(message: ModelMessage): string | OpenAI.Responses.ResponseInputMessageContentList {
  const images = imagesOf(message);
  if (images.length === 0) return message.content;
  return [
    { type: 'input_text', text: message.content },
    ...images.map(({ url }) => ({
      type: 'input_image' as const,
      image_url: url,
      detail: 'auto' as const,
    })),
  ];
}

function toInput(messages: readonly ModelMessage[], asked: Asked, returned: Returned): InputItem[] {
  const idOf = idsOf(messages, asked);
  return messages.flatMap((message): InputItem[] => {
    switch (message.role) {
      case 'system':
        return [{ role: message.role, content: message.content }];
      case 'user':
        return [{ role: message.role, content: contentOf(message) }];
      case 'tool':
        return [{ type: 'function_call_output', call_id: idOf(message.callId), output: contentOf(message) }];
      case 'assistant': {
        const kept = returned === 'none' ? undefined : ownReasoning(asked, message)?.opaque['items'];
        return toItems(message, (kept ?? []) as JsonObject[], idOf);
      }
    }
  });
}
