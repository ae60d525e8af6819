import { Injectable } from '@nestjs/common';
import { hasRoomFor } from '../domain/output-limit.js';
import { ModelRequest } from './language-model.js';
import { Model } from '../domain/model.js';
import { ModelAvailability } from './model-availability.js';
import { ModelCatalog } from './model-catalog.js';
import { requestTokens } from './request-tokens.js';

/** The models that answer in place of those that fail. */
@Injectable()
export class Fallbacks {
  constructor(
    private readonly models: ModelCatalog,
    private readonly availability: ModelAvailability,
  ) {}

  /**
   * The model that is asked after that of a request has failed. Lists of models that were left count before the list of
   * the last one, and none of these is asked again. The size of the request is what the provider has told of the conversation, or
   * else an estimate.
   * @param left the ids of the models that have failed before, in their order
   * @returns undefined if no other model is available that has room for the request
   */
  next(request: ModelRequest, left: readonly string[]): Model | undefined {
    const failed = [...left, request.model];
    const tokens = request.promptTokens ?? requestTokens(request);
    return failed
      .flatMap((id) => (this.models.has(id) ? this.models.get(id).fallbacks : []))
      .filter((id) => !failed.includes(id))
      .map((id) => this.models.get(id))
      .find((model) => hasRoomFor(tokens, model.limit) && this.availability.isAvailable(model));
  }
}
