import { Injectable } from '@nestjs/common';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Pruner } from '../../../shared/infrastructure/persistence/pruner.js';

/** Deletes bytes after their last use, or a day after an upload that no session has used. */
@Injectable()
export class BlobPruner extends Pruner {
  constructor(database: Database, shutdown: Shutdown) {
    super(database, shutdown, {
      table: 'blobs',
      key: ['user_id', 'hash'],
      by: 'expires_at',
      until: 'now()',
      batch: 50, // a row may have 8 MB
      failure: 'stored bytes could not be pruned',
    });
  }
}
