import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Database } from '../../shared/infrastructure/persistence/database.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { SessionsModule } from '../sessions/index.js';
import { ToolsController } from './api/tools.controller.js';
import { DeclareTools } from './application/declare-tools.js';
import { KeepTools } from './application/keep-tools.js';
import { ParameterSchemas } from './application/parameter-schemas.js';
import { ToolCatalog } from './application/tool-catalog.js';
import { ViewTools } from './application/view-tools.js';
import { WithdrawTools } from './application/withdraw-tools.js';
import { StoredTools, ToolListRepository } from './domain/tool-list.repository.js';
import { AjvParameterSchemas } from './infrastructure/ajv-parameter-schemas.js';
import { SqlStoredTools } from './infrastructure/sql-stored-tools.js';
import { SqlToolListRepository } from './infrastructure/sql-tool-list.repository.js';
import { ClientToolsSchema, KeptListSchema, RefusedToolSchema } from './infrastructure/tool-list.row.js';

/** The tools of agents: built in, and declared by clients. */
@Module({
  imports: [
    TypeOrmModule.forFeature([ClientToolsSchema, KeptListSchema, RefusedToolSchema]),
    AgentsModule,
    SessionsModule,
  ],
  controllers: [ToolsController],
  providers: [
    DeclareTools,
    KeepTools,
    ToolCatalog,
    ViewTools,
    WithdrawTools,
    { provide: ParameterSchemas, useClass: AjvParameterSchemas },
    {
      provide: StoredTools,
      inject: [Database],
      useFactory: (database: Database) => new SqlStoredTools(database),
    },
  ],
  exports: [KeepTools, ToolCatalog],
})
export class ToolsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(StoredTools, (context) => new SqlStoredTools(context));
    repositories.register(ToolListRepository, (context) => new SqlToolListRepository(context));
  }
}
