import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Shutdown } from '../../shared/application/shutdown.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { LanguageModel } from './application/language-model.js';
import { LlmCallQueries } from './application/llm-call.queries.js';
import { LlmCallRepository } from './domain/llm-call.js';
import { JsonForms } from './infrastructure/json-forms.js';
import { LlmCallSchema } from './infrastructure/llm-call.row.js';
import { CIRCUIT_LIMITS, CircuitLimits, ModelCircuit } from './infrastructure/model-circuit.js';
import { ModelEndpoint } from './infrastructure/model-endpoint.js';
import { MODEL_METRICS, ModelMetrics } from './infrastructure/model.metrics.js';
import { OpenAiLanguageModel } from './infrastructure/openai-language-model.js';
import { ReturnedFields } from './infrastructure/returned-fields.js';
import { SqlLlmCallQueries } from './infrastructure/sql-llm-call.queries.js';
import { SqlLlmCallRepository } from './infrastructure/sql-llm-call.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([LlmCallSchema])],
  providers: [
    {
      provide: ModelEndpoint,
      inject: [Config, Shutdown],
      useFactory: async (config: Config, shutdown: Shutdown) => {
        const endpoint = await ModelEndpoint.open(config);
        shutdown.register('close_database', () => endpoint.offline?.stop());
        return endpoint;
      },
    },
    ModelMetrics,
    ...MODEL_METRICS,
    { provide: CircuitLimits, useValue: CIRCUIT_LIMITS },
    ModelCircuit,
    JsonForms,
    ReturnedFields,
    { provide: LanguageModel, useClass: OpenAiLanguageModel },
    { provide: LlmCallQueries, useClass: SqlLlmCallQueries },
  ],
  exports: [LanguageModel, LlmCallQueries, ModelEndpoint],
})
export class ModelsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(LlmCallRepository, (context) => new SqlLlmCallRepository(context));
  }
}
