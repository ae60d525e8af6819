import { Injectable } from '@nestjs/common';
import { enterModelCall } from '../../../shared/infrastructure/persistence/open-waits.js';
import {
  LanguageModel,
  ModelAnswer,
  ModelListener,
  ModelRequest,
  ModelUsage,
} from '../application/language-model.js';
import { ModelCatalog } from '../application/model-catalog.js';
import { withoutImages } from '../application/message-images.js';
import { requestTokens } from '../application/request-tokens.js';
import { costOf } from '../domain/cost-of.js';
import { Model, readsImages } from '../domain/model.js';
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
    const priced = (usage: ModelUsage): ModelUsage => ({ ...usage, costMicros: costOf(usage, model.cost) });
    const pricing: ModelListener = {
      ...listener,
      onUsed: (usage) => {
        this.metrics.used(model.id, priced(usage));
        listener.onUsed?.(priced(usage));
      },
    };
    return enterModelCall(model.id, async () => {
      try {
        const given = await this.clients.of(model).answer(requestTo(model, request), pricing, signal);
        const answer = { ...given, usage: given.usage && priced(given.usage) };
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
    ...(!readsImages(model) && { messages: request.messages.map(withoutImages) }),
    model: model.name,
    ...(output !== null && { maxOutputTokens: outputLimit({ context, output }, sizeOf(request)) }),
    // An effort chosen for another model may be unknown to this one.
    ...(reasoningEffort !== undefined && model.reasoning.includes(reasoningEffort) && { reasoningEffort }),
    ...(temperature !== undefined && model.reasoning.length === 0 && { temperature }),
    ...(firstTokenTimeoutSeconds !== null && { firstTokenTimeoutSeconds }),
  };
}

/** The larger of both, since a request may have grown since the first one was made. */
const sizeOf = (request: ModelRequest): number => Math.max(request.promptTokens ?? 0, requestTokens(request));
