import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

/** Another checkpoint is based on the same one by now. */
export class CheckpointChanged extends DomainError {
  readonly code = 'context.checkpoint_changed';
  readonly kind = 'conflict';
  override readonly details: JsonObject;

  /** @param newest the id of the newest checkpoint; null = there is none */
  constructor(sessionId: string, newest: string | null) {
    super(`The checkpoint of session ${sessionId} was changed meanwhile; look at it again`);
    this.details = { checkpoint_id: newest };
  }
}

/** A context that a checkpoint cannot make small enough for its model. */
export class ContextTooLarge extends DomainError {
  readonly code = 'context.too_large';
  readonly kind = 'unprocessable';

  /** @param largest what takes the most of it, as part of a sentence */
  constructor(largest: string, tokens: number, budget: number) {
    super(`The context has about ${tokens} tokens, and ${budget} are left for it; most of it is ${largest}`);
  }
}
