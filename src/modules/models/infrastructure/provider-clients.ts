import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { Config } from '../../../config/config.js';
import { Tracing } from '../../../shared/application/tracing.js';
import { LanguageModel } from '../application/language-model.js';
import { ModelAvailability } from '../application/model-availability.js';
import { Model } from '../domain/model.js';
import { JsonForms } from './json-forms.js';
import { CircuitLimits, ModelCircuit } from './model-circuit.js';
import { ModelSetup } from './model-setup.js';
import { OpenAiLanguageModel } from './openai-language-model.js';
import { OptionalFields } from './optional-fields.js';
import { OutputLimitFields } from './output-limit-fields.js';
import { PROTOCOLS } from './protocols.js';
import { ReturnedFields } from './returned-fields.js';

interface ProviderClient {
  readonly model: LanguageModel;
  readonly circuit: ModelCircuit;
}

/** The clients of all providers of this process, each with a circuit of its own. */
@Injectable()
export class ProviderClients extends ModelAvailability {
  private readonly clients: ReadonlyMap<string, ProviderClient>;

  constructor(
    { providers, models }: ModelSetup,
    limits: CircuitLimits,
    @InjectMetric('llm_circuit_state') states: Gauge<'provider'>,
    tracing: Tracing,
    config: Config,
  ) {
    super();
    this.clients = new Map(
      providers.map((provider) => {
        // Without a file there is one provider, whose series has no label.
        const state = models.default.isDescribed ? states.labels(provider.id) : states;
        const circuit = new ModelCircuit(state, limits, provider.id);
        const learnt = [
          new JsonForms(),
          new ReturnedFields(),
          new OutputLimitFields(),
          new OptionalFields(),
        ] as const;
        const protocol = PROTOCOLS[provider.api];
        const model = new OpenAiLanguageModel(provider, protocol, circuit, ...learnt, tracing, config);
        return [provider.id, { model, circuit }];
      }),
    );
  }

  /** The client of a model's provider. */
  of(model: Model): LanguageModel {
    return this.clientOf(model).model;
  }

  isAvailable(model: Model): boolean {
    return !this.clientOf(model).circuit.isRefusing;
  }

  private clientOf({ provider }: Model): ProviderClient {
    return this.clients.get(provider)!;
  }
}
