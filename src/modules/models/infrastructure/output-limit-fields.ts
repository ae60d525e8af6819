import { ModelError } from '../application/language-model.js';

/** The fields in which servers take the limit of an answer, OpenAI's newer one first; or none of them. */
const FIELDS = ['max_completion_tokens', 'max_tokens', 'none'] as const;

export type OutputLimitField = (typeof FIELDS)[number];

/** Knows in which field each model takes the limit of its answers. */
export class OutputLimitFields {
  private readonly places = new Map<string, number>();

  /**
   * Asks with the limit in the field that the model takes. After a refusal that speaks of the limit, asks again in the
   * next field, or without a limit, and remembers what was accepted.
   * @param begins is called when an answer begins: what refuses it then is not about the request
   */
  async ask<T>(
    model: string,
    begins: () => void,
    ask: (field: OutputLimitField, begins: () => void) => Promise<T>,
  ): Promise<T> {
    let hasBegun = false;
    const nowBegins = () => {
      hasBegun = true;
      begins();
    };
    for (let place = this.places.get(model) ?? 0; ; place++) {
      try {
        const answer = await ask(FIELDS[place]!, nowBegins);
        return answer;
      } catch (error) {
        const isAboutLimit = error instanceof ModelError && error.facts.isAboutOutputLimit === true;
        if (!isAboutLimit || hasBegun || place === FIELDS.length - 1) throw error;
        // A request that leaves too little room for the limit says nothing about the field.
        if (error.code === 'model.request_refused') this.places.set(model, place + 1);
      }
    }
  }
}
