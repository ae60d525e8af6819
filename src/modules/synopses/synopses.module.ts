import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { ConversationsModule } from '../conversations/index.js';
import { JobHandlers, JobsModule, jobTypeOf } from '../jobs/index.js';
import { ModelsModule } from '../models/index.js';
import { SessionsModule } from '../sessions/index.js';
import { SynopsesController } from './api/synopses.controller.js';
import { AskAgent } from './application/ask-agent.js';
import { EditSynopsis } from './application/edit-synopsis.js';
import { FormSynopsis } from './application/form-synopsis.js';
import { GatherMaterial } from './application/gather-material.js';
import { SynopsisFormat } from './application/synopsis-format.js';
import { SYNOPSIS_AGENT, SynopsisJob } from './application/synopsis-job.js';
import { SynopsisQueries } from './application/synopsis.queries.js';
import { ViewSynopsis } from './application/view-synopsis.js';
import { WriteSynopsis } from './application/write-synopsis.js';
import { SynopsisRepository } from './domain/synopsis.repository.js';
import { SqlSynopsisQueries } from './infrastructure/sql-synopsis.queries.js';
import { SqlSynopsisRepository } from './infrastructure/sql-synopsis.repository.js';
import { SynopsisSchema, SynopsisVersionSchema } from './infrastructure/synopsis.row.js';
import { ZodSynopsisFormat } from './infrastructure/zod-synopsis-format.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([SynopsisSchema, SynopsisVersionSchema]),
    AgentsModule,
    ModelsModule,
    SessionsModule,
    ConversationsModule,
    JobsModule,
  ],
  controllers: [SynopsesController],
  providers: [
    FormSynopsis,
    EditSynopsis,
    ViewSynopsis,
    SynopsisJob,
    GatherMaterial,
    AskAgent,
    WriteSynopsis,
    { provide: SynopsisFormat, useClass: ZodSynopsisFormat },
    { provide: SynopsisQueries, useClass: SqlSynopsisQueries },
  ],
  exports: [SynopsisQueries],
})
export class SynopsesModule {
  constructor(repositories: RepositoryRegistry, jobs: JobHandlers, synopsisJob: SynopsisJob) {
    jobs.register(synopsisJob, jobTypeOf(SYNOPSIS_AGENT));
    repositories.register(SynopsisRepository, (context) => new SqlSynopsisRepository(context));
  }
}
