import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Shutdown } from '../../shared/application/shutdown.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentChecks, AgentRegistry, AgentsModule, ToolCatalog } from '../agents/index.js';
import { ModelsController } from './api/models.controller.js';
import { modelFaults } from './application/agent-models.js';
import { AskBeside } from './application/ask-beside.js';
import { Fallbacks } from './application/fallbacks.js';
import { LanguageModel } from './application/language-model.js';
import { LlmCallQueries } from './application/llm-call.queries.js';
import { ModelAvailability } from './application/model-availability.js';
import { ModelCatalog } from './application/model-catalog.js';
import { LlmCallRepository } from './domain/llm-call.js';
import { LlmCallSchema } from './infrastructure/llm-call.row.js';
import { CIRCUIT_LIMITS, CircuitLimits } from './infrastructure/model-circuit.js';
import { ModelSetup } from './infrastructure/model-setup.js';
import { MODEL_METRICS, ModelMetrics } from './infrastructure/model.metrics.js';
import { ProviderClients } from './infrastructure/provider-clients.js';
import { RoutedLanguageModel } from './infrastructure/routed-language-model.js';
import { SqlLlmCallQueries } from './infrastructure/sql-llm-call.queries.js';
import { SqlLlmCallRepository } from './infrastructure/sql-llm-call.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([LlmCallSchema]), AgentsModule],
  controllers: [ModelsController],
  providers: [
    {
      provide: ModelSetup,
      inject: [Config, AgentRegistry, ToolCatalog, Shutdown],
      useFactory: async (config: Config, agents: AgentRegistry, tools: ToolCatalog, shutdown: Shutdown) => {
        const setup = await ModelSetup.open(config, agents, tools);
        shutdown.register('close_database', () => setup.offline?.stop());
        return setup;
      },
    },
    { provide: ModelCatalog, inject: [ModelSetup], useFactory: ({ models }: ModelSetup) => models },
    ModelMetrics,
    ...MODEL_METRICS,
    { provide: CircuitLimits, useValue: CIRCUIT_LIMITS },
    ProviderClients,
    { provide: ModelAvailability, useExisting: ProviderClients },
    { provide: LanguageModel, useClass: RoutedLanguageModel },
    AskBeside,
    Fallbacks,
    { provide: LlmCallQueries, useClass: SqlLlmCallQueries },
  ],
  exports: [AskBeside, Fallbacks, LanguageModel, LlmCallQueries, ModelCatalog, ModelSetup],
})
export class ModelsModule {
  constructor(repositories: RepositoryRegistry, checks: AgentChecks, models: ModelCatalog) {
    checks.register((agent) => modelFaults(models, agent));
    repositories.register(LlmCallRepository, (context) => new SqlLlmCallRepository(context));
  }
}
