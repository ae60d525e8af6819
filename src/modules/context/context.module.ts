import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { ConversationsModule } from '../conversations/index.js';
import { JobHandlers, JobsModule } from '../jobs/index.js';
import { BlobsModule } from '../blobs/index.js';
import { ModelsModule } from '../models/index.js';
import { SessionsModule } from '../sessions/index.js';
import { SynopsesModule } from '../synopses/index.js';
import { ToolsModule } from '../tools/index.js';
import { WorkspacesModule } from '../workspaces/index.js';
import { CheckpointsController } from './api/checkpoints.controller.js';
import { ContextController } from './api/context.controller.js';
import { CheckpointWriter } from './application/checkpoint-writer.js';
import { CheckpointQueries } from './application/checkpoint.queries.js';
import { COMPACTION, CompactionJob } from './application/compaction-job.js';
import { CompactThread } from './application/compact-thread.js';
import { ContextMetrics } from './application/context-metrics.js';
import { EditCheckpoint } from './application/edit-checkpoint.js';
import { ImagesInHand } from './application/images-in-hand.js';
import { LoadImages } from './application/load-images.js';
import { NoteInstructions } from './application/note-instructions.js';
import { PrepareContext } from './application/prepare-context.js';
import { PrepareTurn } from './application/prepare-turn.js';
import { ShowContext } from './application/show-context.js';
import { RequestCompaction } from './application/request-compaction.js';
import { ThreadReader } from './application/thread-reader.js';
import { ThreadNotes } from './application/thread-notes.js';
import { ThreadQueries, ThreadRepository } from './application/thread-rows.js';
import { ReadGuidance } from './application/read-guidance.js';
import { WriteCheckpoint } from './application/write-checkpoint.js';
import { CheckpointRepository } from './domain/checkpoint.repository.js';
import { CheckpointSchema } from './infrastructure/checkpoint.row.js';
import { CONTEXT_METRICS, PrometheusContextMetrics } from './infrastructure/context.metrics.js';
import { SqlCheckpointQueries } from './infrastructure/sql-checkpoint.queries.js';
import { SqlCheckpointRepository } from './infrastructure/sql-checkpoint.repository.js';
import { SqlThreadNotes } from './infrastructure/sql-thread-notes.js';
import { SqlThreadQueries } from './infrastructure/sql-thread.queries.js';
import { SqlThreadRepository } from './infrastructure/sql-thread.repository.js';

/** What a model is told. */
@Module({
  imports: [
    TypeOrmModule.forFeature([CheckpointSchema]),
    AgentsModule,
    BlobsModule,
    ModelsModule,
    SessionsModule,
    ConversationsModule,
    JobsModule,
    SynopsesModule,
    ToolsModule,
    WorkspacesModule,
  ],
  controllers: [ContextController, CheckpointsController],
  providers: [
    ShowContext,
    PrepareTurn,
    ImagesInHand,
    LoadImages,
    PrepareContext,
    NoteInstructions,
    ThreadReader,
    CompactThread,
    { provide: CheckpointWriter, useClass: WriteCheckpoint },
    ReadGuidance,
    EditCheckpoint,
    RequestCompaction,
    CompactionJob,
    { provide: CheckpointQueries, useClass: SqlCheckpointQueries },
    { provide: ThreadQueries, useClass: SqlThreadQueries },
    { provide: ContextMetrics, useClass: PrometheusContextMetrics },
    ...CONTEXT_METRICS,
  ],
  exports: [
    PrepareTurn,
    PrepareContext,
    ImagesInHand,
    NoteInstructions,
    ThreadReader,
    CompactThread,
    ContextMetrics,
  ],
})
export class ContextModule {
  constructor(repositories: RepositoryRegistry, jobs: JobHandlers, compactionJob: CompactionJob) {
    jobs.register(compactionJob, COMPACTION);
    repositories.register(CheckpointRepository, (context) => new SqlCheckpointRepository(context));
    repositories.register(ThreadNotes, (context) => new SqlThreadNotes(context));
    repositories.register(ThreadRepository, (context) => new SqlThreadRepository(context));
  }
}
