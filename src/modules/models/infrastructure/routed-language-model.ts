import { Injectable } from '@nestjs/common';
import { enterModelCall } from '../../../shared/infrastructure/persistence/open-waits.js';
import { LanguageModel, ModelAnswer, ModelListener, ModelRequest } from '../application/language-model.js';
import { ModelCatalog } from '../application/model-catalog.js';
import { requestTokens } from '../application/request-tokens.js';
import { Model } from '../domain/model.js';
import { outputLimit } from '../domain/output-limit.js';
import { ModelMetrics, failureOf } from './model.metrics.js';
import { ProviderClients } from './provider-clients.js';

/** Asks each model at its provider, by the name that it has there. */
@Injectable()
export class RoutedLanguageModel extends LanguageModel {
  constructor(
    private readonly models: ModelCatalog,
    private readonly clients: ProviderClients,
    private readonly metrics: ModelMetrics,
  ) {
    super();
  }

  /** @throws ModelNotConfigured also */
  async answer(request: ModelRequest, listener: ModelListener, signal: AbortSignal): Promise<ModelAnswer> {
    const model = this.models.get(request.model);
    return enterModelCall(model.id, async () => {
      try {
        const answer = await this.clients.of(model).answer(requestTo(model, request), listener, signal);
        this.metrics.answered(model.id, answer);
        return answer;
      } catch (error) {
        this.metrics.failed(model.id, failureOf(error));
        throw error;
      }
    });
  }
}

function requestTo(model: Model, { reasoningEffort, temperature, ...request }: ModelRequest): ModelRequest {
  const { limit, firstTokenTimeoutSeconds } = model;
  const { context, output } = limit;
  return {
    ...request,
    model: model.name,
    ...(output !== null && { maxOutputTokens: outputLimit({ context, output }, requestTokens(request)) }),
    // An effort chosen for another model may be unknown to this one.
    ...(reasoningEffort !== undefined && model.reasoning.includes(reasoningEffort) && { reasoningEffort }),
    ...(temperature !== undefined && model.reasoning.length === 0 && { temperature }),
    ...(firstTokenTimeoutSeconds !== null && { firstTokenTimeoutSeconds }),
  };
}
