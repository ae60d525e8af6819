import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../../config/config.js';
import { Database } from '../../shared/infrastructure/persistence/database.js';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { BlobsController } from './api/blobs.controller.js';
import { BlobQueries } from './application/blob.queries.js';
import { StoreImage } from './application/store-image.js';
import { BlobRepository } from './domain/blob.repository.js';
import { BlobPruner } from './infrastructure/blob-pruner.js';
import { BlobSchema, BlobUseSchema } from './infrastructure/blob.row.js';
import { SqlBlobQueries } from './infrastructure/sql-blob.queries.js';
import { SqlBlobRepository } from './infrastructure/sql-blob.repository.js';

/** Bytes of users: contents of instruction files, and images. */
@Module({
  imports: [TypeOrmModule.forFeature([BlobSchema, BlobUseSchema])],
  controllers: [BlobsController],
  providers: [
    BlobPruner,
    StoreImage,
    {
      provide: BlobQueries,
      inject: [Database],
      useFactory: (database: Database) => new SqlBlobQueries(database),
    },
  ],
  exports: [BlobQueries],
})
export class BlobsModule {
  constructor(repositories: RepositoryRegistry, config: Config) {
    repositories.register(BlobQueries, (context) => new SqlBlobQueries(context));
    repositories.register(
      BlobRepository,
      (context) => new SqlBlobRepository(context, config.blobQuotaPerUser),
    );
  }
}
