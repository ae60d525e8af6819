import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Shutdown } from '../../shared/application/shutdown.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentChecks, AgentRegistry, AgentsModule, BuiltInTools } from '../agents/index.js';
import { ModelsController } from './api/models.controller.js';
import { UsageController } from './api/usage.controller.js';
import { modelFaults } from './application/agent-models.js';
import { AskBeside } from './application/ask-beside.js';
import { Fallbacks } from './application/fallbacks.js';
import { LanguageModel } from './application/language-model.js';
import { ListUsage } from './application/list-usage.js';
import { LlmCallQueries } from './application/llm-call.queries.js';
import { ModelAvailability } from './application/model-availability.js';
import { ModelCatalog } from './application/model-catalog.js';
import { UsageQueries } from './application/usage.queries.js';
import { LlmCallRepository } from './domain/llm-call.js';
import { LlmCallSchema } from './infrastructure/llm-call.row.js';
import { CIRCUIT_LIMITS, CircuitLimits } from './infrastructure/model-circuit.js';
import { ModelSetup } from './infrastructure/model-setup.js';
import { MODEL_METRICS, ModelMetrics } from './infrastructure/model.metrics.js';
import { ProviderClients } from './infrastructure/provider-clients.js';
import { RoutedLanguageModel } from './infrastructure/routed-language-model.js';
import { SqlLlmCallQueries } from './infrastructure/sql-llm-call.queries.js';
import { SqlLlmCallRepository } from './infrastructure/sql-llm-call.repository.js';
import { SqlUsageQueries } from './infrastructure/sql-usage.queries.js';
import { UsageCounter } from './infrastructure/usage-counter.js';
import { UsageDaySchema } from './infrastructure/usage-day.row.js';

@Module({
  imports: [TypeOrmModule.forFeature([LlmCallSchema, UsageDaySchema]), AgentsModule],
  controllers: [ModelsController, UsageController],
  providers: [
    {
      provide: ModelSetup,
      inject: [Config, AgentRegistry, BuiltInTools, Shutdown],
      useFactory: async (config: Config, agents: AgentRegistry, tools: BuiltInTools, shutdown: Shutdown) => {
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
    ListUsage,
    UsageCounter,
    { provide: LlmCallQueries, useClass: SqlLlmCallQueries },
    { provide: UsageQueries, useClass: SqlUsageQueries },
  ],
  exports: [AskBeside, Fallbacks, LanguageModel, LlmCallQueries, ModelCatalog, ModelSetup, UsageQueries],
})
export class ModelsModule {
  constructor(repositories: RepositoryRegistry, checks: AgentChecks, models: ModelCatalog) {
    checks.register((agent) => modelFaults(models, agent));
    repositories.register(LlmCallRepository, (context) => new SqlLlmCallRepository(context));
  }
}
