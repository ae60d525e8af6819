import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Activity } from '../../shared/application/activity.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { ModelsModule } from '../models/index.js';
import { ActivityController } from './api/activity.controller.js';
import { SessionsController } from './api/sessions.controller.js';
import { ChangeSession } from './application/change-session.js';
import { CreateSession } from './application/create-session.js';
import { DeleteSession } from './application/delete-session.js';
import { SessionQueries } from './application/session.queries.js';
import { SessionRepository } from './domain/session.repository.js';
import { DeletionSweeper } from './infrastructure/deletion-sweeper.js';
import { AgentSwitchSchema, SessionSchema } from './infrastructure/session.row.js';
import { NoticedActivity } from './infrastructure/noticed-activity.js';
import { SqlSessionQueries } from './infrastructure/sql-session.queries.js';
import { SqlSessionRepository } from './infrastructure/sql-session.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([SessionSchema, AgentSwitchSchema]), AgentsModule, ModelsModule],
  controllers: [SessionsController, ActivityController],
  providers: [
    CreateSession,
    ChangeSession,
    DeleteSession,
    DeletionSweeper,
    { provide: SessionQueries, useClass: SqlSessionQueries },
    { provide: Activity, useClass: NoticedActivity },
  ],
  exports: [SessionQueries],
})
export class SessionsModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(SessionRepository, (context) => new SqlSessionRepository(context));
  }
}
