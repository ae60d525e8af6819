import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import { NO_USAGE, TokenUsage } from '../../../shared/domain/token-usage.js';
import { MODEL_ERROR_CODES, ModelAnswer, ModelError, ModelErrorCode } from '../application/language-model.js';
import { ModelCatalog } from '../application/model-catalog.js';

export const MODEL_METRICS = [
  makeCounterProvider({
    name: 'llm_requests_total',
    help: 'Requests to language models by how they ended',
    labelNames: ['model', 'outcome'],
  }),
  makeHistogramProvider({
    name: 'llm_time_to_first_token_seconds',
    help: 'From the request to the first piece of the answer',
    labelNames: ['model'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
  }),
  makeCounterProvider({
    name: 'llm_tokens_total',
    help: 'Tokens as counted by the provider, or estimated for answers that were cut off; cached are prompt, reasoning are completion',
    labelNames: ['model', 'type'],
  }),
  makeCounterProvider({
    name: 'llm_cost_micros_total',
    help: 'What calls of models with prices have cost, in millionths of the currency of the prices',
    labelNames: ['model'],
  }),
  makeGaugeProvider({
    name: 'llm_circuit_state',
    help: 'Whether the model endpoint is asked: 0 closed (it is), 1 half open (one call tries), 2 open (it is not)',
    labelNames: ['provider'],
  }),
];

/** The label `outcome` of a call that failed with this code. */
export const outcomeOf = (code: ModelErrorCode): string => code.slice('model.'.length);

/** The same of any failure. */
export const failureOf = (error: unknown): string =>
  error instanceof ModelError ? outcomeOf(error.code) : 'aborted';

/** Calls to language models. The label `model` is bounded: models come from the operator's file, or agents and settings. */
@Injectable()
export class ModelMetrics {
  constructor(
    @InjectMetric('llm_requests_total') private readonly requests: Counter<'model' | 'outcome'>,
    @InjectMetric('llm_time_to_first_token_seconds') private readonly firstToken: Histogram<'model'>,
    @InjectMetric('llm_tokens_total') private readonly tokens: Counter<'model' | 'type'>,
    @InjectMetric('llm_cost_micros_total') private readonly cost: Counter<'model'>,
    models: ModelCatalog,
  ) {
    // Starts at 0: `rate()` needs a first sample.
    for (const { id: model, cost: prices } of models.all()) {
      if (prices) this.cost.inc({ model }, 0);
      for (const outcome of ['success', ...MODEL_ERROR_CODES.map(outcomeOf)]) {
        this.requests.inc({ model, outcome }, 0);
      }
    }
  }

  answered(model: string, answer: ModelAnswer): void {
    this.requests.inc({ model, outcome: 'success' });
    this.firstToken.observe({ model }, answer.firstTokenMs / 1000);
    this.used(model, answer.usage ?? NO_USAGE);
  }

  /** Of an answer, or of a call that failed. */
  used(model: string, usage: TokenUsage): void {
    this.tokens.inc({ model, type: 'prompt' }, usage.promptTokens);
    this.tokens.inc({ model, type: 'completion' }, usage.completionTokens);
    this.tokens.inc({ model, type: 'cached' }, usage.cachedTokens);
    this.tokens.inc({ model, type: 'reasoning' }, usage.reasoningTokens);
    if (usage.costMicros !== null) this.cost.inc({ model }, usage.costMicros);
  }

  failed(model: string, outcome: string): void {
    this.requests.inc({ model, outcome });
  }
}
