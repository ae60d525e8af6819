import { Logger } from '@nestjs/common';
import { ModelError, ModelRequest, OptionalField } from '../application/language-model.js';

/** Knows which models are asked without which fields, since they have refused them. */
export class OptionalFields {
  private readonly logger = new Logger(OptionalFields.name);
  /** By model. */
  private readonly refused = new Map<string, ReadonlySet<OptionalField>>();

  /**
   * Asks, and after a refusal that names an optional field again without it, and remembers what was refused once that is answered.
   * @param begins is called when an answer begins: what refuses it then is not about the request
   */
  async ask<T>(
    request: ModelRequest,
    begins: () => void,
    ask: (request: ModelRequest, begins: () => void) => Promise<T>,
  ): Promise<T> {
    const { model } = request;
    const known = this.refused.get(model) ?? new Set();
    let hasBegun = false;
    const nowBegins = () => {
      hasBegun = true;
      begins();
    };
    for (let left = known; ;) {
      const asked = without(request, left);
      try {
        const answer = await ask(asked, nowBegins);
        if (left.size > known.size) this.remember(model, left);
        return answer;
      } catch (error) {
        const named = hasBegun ? undefined : refusedBy(error).find((field) => asked[field] !== undefined);
        if (named === undefined) throw error;
        left = new Set([...left, named]);
      }
    }
  }

  private remember(model: string, refused: ReadonlySet<OptionalField>): void {
    const known = this.refused.get(model);
    const all = new Set([...(known ?? []), ...refused]);
    if (all.size === known?.size) return; // another call has learnt it meanwhile
    this.refused.set(model, all);
    this.logger.warn(
      { model, fields: [...all] },
      'a model refuses fields, and is asked without them from now on',
    );
  }
}

const refusedBy = (error: unknown): readonly OptionalField[] =>
  error instanceof ModelError ? (error.facts.refusedFields ?? []) : [];

function without(request: ModelRequest, fields: ReadonlySet<OptionalField>): ModelRequest {
  const rest = { ...request };
  for (const field of fields) delete rest[field];
  return rest;
}
