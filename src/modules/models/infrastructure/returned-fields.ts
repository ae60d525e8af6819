import { isDeepStrictEqual } from 'node:util';
import { isRefusal } from './json-forms.js';

/**
 * What goes back to a model with the messages that it wrote: the fields that it gave; none of them; or the field that
 * DeepSeek and Kimi require, also on the messages of other models.
 */
const WAYS = ['given', 'none', 'required'] as const;

export type Returned = (typeof WAYS)[number];

/** Knows what each model accepts back: some servers refuse a field that they have sent, others one that is missing. */
export class ReturnedFields {
  private readonly accepted = new Map<string, Returned>();

  /**
   * Asks, and after a refusal once more with a request that differs, if there is one. Remembers what was accepted.
   * @param begins is called when an answer begins: what refuses it then is not about the request
   */
  async ask<Body, T>(
    model: string,
    begins: () => void,
    bodyWith: (returned: Returned) => Body,
    send: (body: Body, begins: () => void) => Promise<T>,
  ): Promise<T> {
    const first = this.accepted.get(model) ?? 'given';
    const body = bodyWith(first);
    let hasBegun = false;
    const nowBegins = () => {
      hasBegun = true;
      begins();
    };
    try {
      return await send(body, nowBegins);
    } catch (error) {
      if (!isRefusal(error) || hasBegun) throw error;
      // What a model requires is not guessed: most refusals are about something else.
      const ways = error.facts.isAboutReasoning ? WAYS : WAYS.filter((way) => way !== 'required');
      const other = ways.find((way) => !isDeepStrictEqual(bodyWith(way), body));
      if (!other) throw error;
      const answer = await send(bodyWith(other), nowBegins);
      this.accepted.set(model, other);
      return answer;
    }
  }
}
