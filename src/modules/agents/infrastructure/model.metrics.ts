import { Injectable } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import { ModelAnswer } from '../application/language-model.js';

/** Calls to language models. The label `model` is bounded: models come from agents and settings. */
@Injectable()
export class ModelMetrics {
  private readonly requests: Counter<'model' | 'outcome'>;
  private readonly firstToken: Histogram<'model'>;
  private readonly tokens: Counter<'model' | 'type'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.requests = new Counter({
      name: 'llm_requests_total',
      help: 'Requests to language models by how they ended',
      labelNames: ['model', 'outcome'],
      registers,
    });
    this.firstToken = new Histogram({
      name: 'llm_time_to_first_token_seconds',
      help: 'From the request to the first piece of the answer',
      labelNames: ['model'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.tokens = new Counter({
      name: 'llm_tokens_total',
      help: 'Tokens as counted by the provider',
      labelNames: ['model', 'type'],
      registers,
    });
  }

  answered(model: string, answer: ModelAnswer): void {
    this.requests.inc({ model, outcome: 'success' });
    this.firstToken.observe({ model }, answer.firstTokenMs / 1000);
    this.tokens.inc({ model, type: 'prompt' }, answer.usage?.promptTokens ?? 0);
    this.tokens.inc({ model, type: 'completion' }, answer.usage?.completionTokens ?? 0);
  }

  failed(model: string, outcome: string): void {
    this.requests.inc({ model, outcome });
  }
}
