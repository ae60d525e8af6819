import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Shutdown } from '../../shared/application/shutdown.js';
import { DatabaseLocation } from '../../shared/infrastructure/persistence/database-location.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { AgentsModule } from '../agents/index.js';
import { SessionsModule } from '../sessions/index.js';
import { JobsController } from './api/jobs.controller.js';
import { CancelJob } from './application/cancel-job.js';
import { DeliverJobs } from './application/deliver-jobs.js';
import { EnqueueJob } from './application/enqueue-job.js';
import { JobHandlers } from './application/job-handler.js';
import { JobOutbox } from './application/job-outbox.js';
import { JobQueue } from './application/job-queue.js';
import { JobSupervisor } from './application/job-supervisor.js';
import { JobWatch } from './application/job-watch.js';
import { JobWorker } from './application/job-worker.js';
import { JobQueries } from './application/job.queries.js';
import { RecoverJobs } from './application/recover-jobs.js';
import { SaveJob } from './application/save-job.js';
import { SettleJob } from './application/settle-job.js';
import { StartJob } from './application/start-job.js';
import { JobRepository } from './domain/job.repository.js';
import { BullMqJobQueue } from './infrastructure/bullmq-job-queue.js';
import { GraphileJobQueue } from './infrastructure/graphile-job-queue.js';
import { JobNotices } from './infrastructure/job-notices.js';
import { JOB_METRICS, JobMetrics } from './infrastructure/job.metrics.js';
import { JobSchema } from './infrastructure/job.row.js';
import { SqlJobOutbox } from './infrastructure/sql-job-outbox.js';
import { SqlJobQueries } from './infrastructure/sql-job.queries.js';
import { SqlJobRepository } from './infrastructure/sql-job.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([JobSchema]), AgentsModule, SessionsModule],
  controllers: [JobsController],
  providers: [
    EnqueueJob,
    CancelJob,
    StartJob,
    SaveJob,
    SettleJob,
    RecoverJobs,
    DeliverJobs,
    JobSupervisor,
    JobWorker,
    JobWatch,
    JobHandlers,
    JobNotices,
    JobMetrics,
    ...JOB_METRICS,
    { provide: JobOutbox, useClass: SqlJobOutbox },
    { provide: JobQueries, useClass: SqlJobQueries },
    {
      provide: JobQueue,
      inject: [Config, DatabaseLocation, Shutdown],
      useFactory: ({ redisUrl, runLeaseSeconds }: Config, location: DatabaseLocation, shutdown: Shutdown) =>
        redisUrl === undefined
          ? new GraphileJobQueue(location, shutdown)
          : new BullMqJobQueue(redisUrl, runLeaseSeconds, shutdown),
    },
  ],
  exports: [EnqueueJob, JobHandlers, JobQueue, JobSupervisor, JobWorker, JobQueries],
})
export class JobsModule {
  constructor(repositories: RepositoryRegistry, config: Config) {
    repositories.register(JobRepository, (context) => new SqlJobRepository(context, config.runLeaseSeconds));
  }
}
