import { Module } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Shutdown } from '../../shared/application/shutdown.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsController } from './api/agents.controller.js';
import { AgentRegistry } from './application/agent-registry.js';
import { LanguageModel } from './application/language-model.js';
import { LlmCallRepository } from './domain/llm-call.js';
import { ToolCatalog } from './domain/tool.js';
import { loadAgents } from './infrastructure/load-agents.js';
import { CIRCUIT_LIMITS, CircuitLimits, ModelCircuit } from './infrastructure/model-circuit.js';
import { ModelEndpoint } from './infrastructure/model-endpoint.js';
import { ModelMetrics } from './infrastructure/model.metrics.js';
import { OpenAiLanguageModel } from './infrastructure/openai-language-model.js';
import { SqlLlmCallRepository } from './infrastructure/sql-llm-call.repository.js';
import { ZodToolCatalog } from './infrastructure/zod-tool-catalog.js';

@Module({
  controllers: [AgentsController],
  providers: [
    {
      provide: AgentRegistry,
      inject: [Config],
      useFactory: async (config: Config) => new AgentRegistry(await loadAgents(), config.multiAgentMode),
    },
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
    { provide: CircuitLimits, useValue: CIRCUIT_LIMITS },
    ModelCircuit,
    { provide: LanguageModel, useClass: OpenAiLanguageModel },
    { provide: ToolCatalog, useClass: ZodToolCatalog },
  ],
  exports: [AgentRegistry, LanguageModel, ToolCatalog, ModelEndpoint],
})
export class AgentsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(LlmCallRepository, (context) => new SqlLlmCallRepository(context));
  }
}
