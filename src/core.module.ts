import { Global, Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { TypeOrmModule } from '@nestjs/typeorm';
import { getToken } from '@willsoto/nestjs-prometheus';
import { LoggerModule } from 'nestjs-pino';
import { Config } from './config/config.js';
import { DeltaLog } from './shared/application/delta-log.js';
import { EventStream } from './shared/application/event-stream.js';
import { Idempotency } from './shared/application/idempotency.js';
import { DatabasePatience } from './shared/application/database-patience.js';
import { Shutdown } from './shared/application/shutdown.js';
import { StreamMetrics } from './shared/application/stream-metrics.js';
import { Tracing } from './shared/application/tracing.js';
import { UnitOfWork } from './shared/application/unit-of-work.js';
import { Clock } from './shared/domain/clock.js';
import { Ids } from './shared/domain/ids.js';
import { DeltaPruner } from './shared/infrastructure/events/delta-pruner.js';
import { DELTA_WRITER_METRICS } from './shared/infrastructure/events/delta-writer.metrics.js';
import { DeltaWriter } from './shared/infrastructure/events/delta-writer.js';
import { EventSchema, EventStreamSchema } from './shared/infrastructure/events/event.row.js';
import { EventHub } from './shared/infrastructure/events/event-hub.js';
import { EventLog } from './shared/infrastructure/events/event-log.js';
import { InstanceId } from './shared/application/instance-id.js';
import { LogEventStream } from './shared/infrastructure/events/log-event-stream.js';
import { PreviousDeltas } from './shared/infrastructure/events/previous-deltas.js';
import { PreviousRelease } from './shared/infrastructure/events/previous-release.js';
import { loggerOptions } from './shared/infrastructure/logger-options.js';
import { PrometheusStreamMetrics, STREAM_METRICS } from './shared/infrastructure/metrics/stream.metrics.js';
import { Announcer } from './shared/infrastructure/notices/announcer.js';
import { Instances } from './shared/infrastructure/notices/instances.js';
import { NoticeConnection } from './shared/infrastructure/notices/notice-connection.js';
import { NoticeHandlers } from './shared/infrastructure/notices/notice-handlers.js';
import { NoticeSender } from './shared/infrastructure/notices/notice-sender.js';
import { Peers } from './shared/infrastructure/notices/peers.js';
import { PreviousReleaseChannels } from './shared/infrastructure/notices/previous-release-channels.js';
import { RedisNotices } from './shared/infrastructure/notices/redis-notices.js';
import { Database } from './shared/infrastructure/persistence/database.js';
import { DatabaseClock } from './shared/infrastructure/persistence/database-clock.js';
import {
  CLOCK_OFFSET,
  DATABASE_CLOCK_METRICS,
} from './shared/infrastructure/persistence/database-clock.metrics.js';
import { DatabaseLocation } from './shared/infrastructure/persistence/database-location.js';
import { IdempotencyKeyPruner } from './shared/infrastructure/persistence/idempotency-key-pruner.js';
import { IdempotencyKeys } from './shared/infrastructure/persistence/idempotency-keys.js';
import { RequestRates } from './shared/infrastructure/persistence/request-rates.js';
import { RepositoryRegistry } from './shared/infrastructure/persistence/repository-registry.js';
import { RequestRateSchema } from './shared/infrastructure/persistence/request-rate.row.js';
import { RowStatements } from './shared/infrastructure/persistence/row-statements.js';
import {
  openDataSource,
  poolOptionsFor,
  type PostgresOptions,
} from './shared/infrastructure/persistence/data-source.js';
import { IdempotencyKeySchema } from './shared/infrastructure/persistence/idempotency-key.row.js';
import { PostgresUnitOfWork } from './shared/infrastructure/persistence/postgres-unit-of-work.js';
import { TRANSACTION_METRICS } from './shared/infrastructure/persistence/transaction.metrics.js';
import { openTracing } from './shared/infrastructure/tracing/open-tracing.js';
import { UuidV7Ids } from './shared/infrastructure/uuid-v7-ids.js';
import { ConfigModule } from './config/config.module.js';
import { ShutdownModule } from './shutdown.module.js';

/** The foundation of every module: settings, database, events, metrics, log. */
@Global()
@Module({
  imports: [
    ConfigModule,
    ShutdownModule,
    EventEmitterModule.forRoot(),
    LoggerModule.forRootAsync({ inject: [Config], useFactory: loggerOptions }),
    TypeOrmModule.forRootAsync({
      inject: [DatabaseLocation, Config],
      useFactory: ({ url }: DatabaseLocation, { databasePoolSize }: Config) => ({
        ...poolOptionsFor(url, databasePoolSize),
        autoLoadEntities: true,
        retryAttempts: 0, // the process manager repeats a failed start
      }),
      dataSourceFactory: (options) => openDataSource(options as PostgresOptions),
    }),
    TypeOrmModule.forFeature([EventSchema, EventStreamSchema, IdempotencyKeySchema, RequestRateSchema]),
  ],
  providers: [
    DatabasePatience,
    RepositoryRegistry,
    InstanceId,
    EventHub,
    EventLog,
    Database,
    RowStatements,
    RequestRates,
    ...DATABASE_CLOCK_METRICS,
    ...TRANSACTION_METRICS,
    ...DELTA_WRITER_METRICS,
    ...STREAM_METRICS,
    DeltaPruner,
    PreviousDeltas,
    IdempotencyKeys,
    IdempotencyKeyPruner,
    PreviousRelease,
    Announcer,
    NoticeHandlers,
    NoticeSender,
    NoticeConnection,
    Instances,
    Peers,
    RedisNotices,
    PreviousReleaseChannels,
    { provide: Clock, useExisting: DatabaseClock },
    { provide: Ids, useClass: UuidV7Ids },
    { provide: Idempotency, useExisting: IdempotencyKeys },
    { provide: UnitOfWork, useClass: PostgresUnitOfWork },
    { provide: EventStream, useClass: LogEventStream },
    { provide: DeltaLog, useClass: DeltaWriter },
    { provide: StreamMetrics, useClass: PrometheusStreamMetrics },
    { provide: Tracing, inject: [Config, InstanceId, Shutdown], useFactory: openTracing },
    {
      provide: DatabaseClock,
      inject: [Database, Shutdown, getToken(CLOCK_OFFSET)],
      useFactory: (...given: Parameters<typeof DatabaseClock.open>) => DatabaseClock.open(...given),
    },
    {
      provide: DatabaseLocation,
      inject: [Config, Shutdown],
      useFactory: async (config: Config, shutdown: Shutdown) => {
        const location = await DatabaseLocation.open(config);
        shutdown.register('stop_database', () => location.embedded?.stop());
        return location;
      },
    },
  ],
  exports: [
    Clock,
    Ids,
    UnitOfWork,
    Idempotency,
    EventStream,
    DeltaLog,
    StreamMetrics,
    Tracing,
    InstanceId,
    EventHub,
    EventLog,
    NoticeHandlers,
    NoticeSender,
    NoticeConnection,
    Instances,
    Peers,
    RedisNotices,
    ShutdownModule,
    DatabasePatience,
    RepositoryRegistry,
    Database,
    RowStatements,
    RequestRates,
    DatabaseLocation,
  ],
})
export class CoreModule {}
