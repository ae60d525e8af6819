import { Injectable } from '@nestjs/common';
import { JsonObject } from '../../../shared/domain/json.js';
import { ModelError, ModelMessage, ModelRequest } from '../application/language-model.js';

/** How a model is asked for JSON, the strictest form first. */
const FORMS = ['json_schema', 'json_object', 'prompt'] as const;

export type JsonForm = (typeof FORMS)[number];

/** Knows in which form each model accepts to be asked for JSON: not every server has OpenAI's structured output. */
@Injectable()
export class JsonForms {
  private readonly accepted = new Map<string, JsonForm>();

  /**
   * Asks in the strictest form that the model does not refuse, and remembers it.
   * @throws the error of the last form, if the model refuses all of them; else the first error that is no refusal
   */
  async ask<T>(model: string, ask: (form: JsonForm) => Promise<T>): Promise<T> {
    let place = FORMS.indexOf(this.accepted.get(model) ?? 'json_schema');
    for (;;) {
      const form = FORMS[place]!;
      try {
        const answer = await ask(form);
        this.accepted.set(model, form);
        return answer;
      } catch (error) {
        if (!isRefusal(error) || ++place === FORMS.length) throw error;
      }
    }
  }
}

export const isRefusal = (error: unknown): boolean =>
  error instanceof ModelError && error.code === 'model.request_refused';

/** The messages of a request for JSON. Where the server does not enforce the schema, the model has to read it. */
export function messagesFor(
  { messages, responseFormat }: ModelRequest,
  form: JsonForm | undefined,
): readonly ModelMessage[] {
  if (!responseFormat || form === 'json_schema') return messages;
  return messages.map((message) =>
    message.role === 'system'
      ? { ...message, content: `${message.content}\n\n${inWords(responseFormat.schema)}` }
      : message,
  );
}

const inWords = (schema: JsonObject) =>
  `Answer with JSON alone, of this JSON Schema:\n${JSON.stringify(schema)}`;

/** The JSON object of an answer. Models put it between sentences or into a code fence, some after their reasoning. */
export function jsonIn(answer: string): string {
  if (answer.trimStart().startsWith('{')) return answer;
  const said = answer.slice(answer.lastIndexOf('</think>') + 1);
  const [begin, end] = [said.indexOf('{'), said.lastIndexOf('}')];
  return begin < 0 || end < begin ? answer : said.slice(begin, end + 1);
}
