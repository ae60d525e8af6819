import { JsonObject } from '../../../shared/domain/json.js';
import { ModelAnswer, ModelError, ModelMessage, ModelRequest } from '../application/language-model.js';
import { fieldsOf } from './openai-chunk.js';

/** How a model is asked for JSON, the strictest form first. */
const FORMS = ['json_schema', 'json_object', 'prompt'] as const;

export type JsonForm = (typeof FORMS)[number];

/** Knows in which form each model is best asked for JSON: not every server has OpenAI's structured output. */
export class JsonForms {
  /** The place in FORMS of the form to ask in. */
  private readonly places = new Map<string, number>();

  /**
   * Asks in the strictest form that the model does not refuse, and remembers it. After an answer that is not of the
   * schema the next request is made in the next form, since some servers take a form and ignore it.
   * @returns the answer, with the JSON alone as its content
   * @throws the error of the last form, if the model refuses all of them; else the first error that is no refusal
   */
  async ask(
    model: string,
    schema: JsonObject,
    ask: (form: JsonForm) => Promise<ModelAnswer>,
  ): Promise<ModelAnswer> {
    let place = this.places.get(model) ?? 0;
    for (;;) {
      try {
        const answer = await ask(FORMS[place]!);
        const content = jsonIn(answer.content);
        const isIgnored = answer.finishReason === 'stop' && !isOf(schema, content);
        this.places.set(model, isIgnored ? (place + 1) % FORMS.length : place);
        return { ...answer, content };
      } catch (error) {
        if (!isRefusal(error) || ++place === FORMS.length) throw error;
      }
    }
  }
}

/** Whether a text is an object with all that the schema requires. The caller checks the rest. */
function isOf({ required = [] }: JsonObject, content: string): boolean {
  try {
    const value = fieldsOf(JSON.parse(content));
    return (required as string[]).every((key) => Object.hasOwn(value, key));
  } catch {
    return false; // no JSON
  }
}

/** Whether another form may be accepted. 413 is about the size. */
export const isRefusal = (error: unknown): error is ModelError =>
  error instanceof ModelError && error.code === 'model.request_refused' && error.facts.status !== 413;

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
  const isObject = answer.trimStart().startsWith('{');
  const said = isObject ? answer : answer.slice(answer.lastIndexOf('</think>') + 1);
  const [begin, end] = [said.indexOf('{'), said.lastIndexOf('}')];
  return begin < 0 || end < begin ? answer : said.slice(begin, end + 1);
}
