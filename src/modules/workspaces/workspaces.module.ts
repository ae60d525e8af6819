import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Database } from '../../shared/infrastructure/persistence/database.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { BlobsModule } from '../blobs/index.js';
import { ModelsModule } from '../models/index.js';
import { SessionsModule } from '../sessions/index.js';
import { WorkspaceController } from './api/workspace.controller.js';
import { SetWorkspace } from './application/set-workspace.js';
import { ViewWorkspace } from './application/view-workspace.js';
import { WorkspaceReader } from './application/workspace-reader.js';
import { StoredWorkspaces, WorkspaceRepository } from './domain/workspace.repository.js';
import { SqlStoredWorkspaces } from './infrastructure/sql-stored-workspaces.js';
import { SqlWorkspaceRepository } from './infrastructure/sql-workspace.repository.js';
import { WorkspaceSchema } from './infrastructure/workspace.row.js';

/** The workspaces of sessions, and the instructions in them. */
@Module({
  imports: [
    TypeOrmModule.forFeature([WorkspaceSchema]),
    AgentsModule,
    ModelsModule,
    BlobsModule,
    SessionsModule,
  ],
  controllers: [WorkspaceController],
  providers: [
    SetWorkspace,
    ViewWorkspace,
    WorkspaceReader,
    {
      provide: StoredWorkspaces,
      inject: [Database],
      useFactory: (database: Database) => new SqlStoredWorkspaces(database),
    },
  ],
  exports: [WorkspaceReader],
})
export class WorkspacesModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(StoredWorkspaces, (context) => new SqlStoredWorkspaces(context));
    repositories.register(WorkspaceRepository, (context) => new SqlWorkspaceRepository(context));
  }
}
