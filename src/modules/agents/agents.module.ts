import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Database } from '../../shared/infrastructure/persistence/database.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { RowStatements } from '../../shared/infrastructure/persistence/row-statements.js';
import { AgentsController } from './api/agents.controller.js';
import { AgentChecks } from './application/agent-checks.js';
import { AgentDirectory } from './application/agent-directory.js';
import { AgentFiles } from './application/agent-files.js';
import { AgentFormat } from './application/agent-format.js';
import { AgentRegistry } from './application/agent-registry.js';
import { ArchiveAgent } from './application/archive-agent.js';
import { DescribeTools } from './application/describe-tools.js';
import { InstallAgents } from './application/install-agents.js';
import { SaveAgent } from './application/save-agent.js';
import { ViewAgents } from './application/view-agents.js';
import { AgentRepository, StoredAgents } from './domain/agent.repository.js';
import { BuiltInTools } from './domain/tool.js';
import { AgentSchema } from './infrastructure/agent.row.js';
import { MarkdownAgentFormat } from './infrastructure/markdown-agent-format.js';
import { readAgentFiles } from './infrastructure/read-agent-files.js';
import { SqlAgentRepository } from './infrastructure/sql-agent.repository.js';
import { SqlAgents } from './infrastructure/sql-agents.js';
import { ZodToolCatalog } from './infrastructure/zod-tool-catalog.js';

@Module({
  imports: [TypeOrmModule.forFeature([AgentSchema])],
  controllers: [AgentsController],
  providers: [
    AgentChecks,
    AgentDirectory,
    ArchiveAgent,
    DescribeTools,
    InstallAgents,
    SaveAgent,
    ViewAgents,
    { provide: AgentFormat, useClass: MarkdownAgentFormat },
    { provide: BuiltInTools, useClass: ZodToolCatalog },
    {
      provide: StoredAgents,
      inject: [Database, RowStatements],
      useFactory: (database: Database, statements: RowStatements) =>
        new SqlAgents(database, statements.columnsOf(AgentSchema)),
    },
    { provide: AgentFiles, inject: [Config, AgentFormat], useFactory: readAgentFiles },
    {
      provide: AgentRegistry,
      inject: [AgentFiles, Config],
      useFactory: ({ all }: AgentFiles, { multiAgentMode }: Config) => new AgentRegistry(all, multiAgentMode),
    },
  ],
  exports: [AgentChecks, AgentDirectory, AgentRegistry, BuiltInTools, DescribeTools, StoredAgents],
})
export class AgentsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(AgentRepository, (context) => new SqlAgentRepository(context));
    repositories.register(StoredAgents, (context) => new SqlAgents(context, context.columnsOf(AgentSchema)));
  }
}
