import { isDeepStrictEqual } from 'node:util';
import { ModelError } from '../application/language-model.js';
import { isRefusal } from './json-forms.js';

/**
 * What goes back to a model with the messages that it wrote: the fields that it gave; none of them; the field that
 * DeepSeek and Kimi require, also on the messages of other models; or what it gave, while no summary of its reasoning is
 * asked for.
 */
export type Returned = 'given' | 'none' | 'required' | 'unsummarised';

/** What may be sent instead of a refused request. */
export interface Ways {
  /** The most requests for one answer. */
  readonly requests: number;
  /** The ways that the model may accept instead, the likeliest first. */
  after(refusal: ModelError): readonly Returned[];
}

/** Knows what each model accepts back: some servers refuse a field that they have sent, others one that is missing. */
export class ReturnedFields {
  private readonly accepted = new Map<string, Returned>();

  /** Asks, and after a refusal again with a request that differs, if there is one. Remembers what was accepted. */
  async ask<Body, T>(
    model: string,
    ways: Ways,
    begins: () => void,
    bodyWith: (returned: Returned) => Body,
    send: (body: Body, begins: () => void) => Promise<T>,
  ): Promise<T> {
    let way = this.accepted.get(model) ?? 'given';
    let hasBegun = false;
    const nowBegins = () => {
      hasBegun = true;
      begins();
    };
    for (const refused: Body[] = []; ;) {
      const body = bodyWith(way);
      try {
        const answer = await send(body, nowBegins);
        if (refused.length > 0) this.accepted.set(model, way);
        return answer;
      } catch (error) {
        // What refuses an answer that has begun is not about the request.
        if (!isRefusal(error) || hasBegun || refused.push(body) === ways.requests) throw error;
        const isNew = (each: Returned) => !refused.some((known) => isDeepStrictEqual(bodyWith(each), known));
        const other = ways.after(error).find(isNew);
        if (other === undefined) throw error;
        way = other;
      }
    }
  }
}
