import { Module } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { AgentsController } from './api/agents.controller.js';
import { AgentRegistry } from './application/agent-registry.js';
import { ToolCatalog } from './domain/tool.js';
import { openAgents } from './infrastructure/load-agents.js';
import { ZodToolCatalog } from './infrastructure/zod-tool-catalog.js';

@Module({
  controllers: [AgentsController],
  providers: [
    {
      provide: AgentRegistry,
      inject: [Config],
      useFactory: openAgents,
    },
    { provide: ToolCatalog, useClass: ZodToolCatalog },
  ],
  exports: [AgentRegistry, ToolCatalog],
})
export class AgentsModule {}
