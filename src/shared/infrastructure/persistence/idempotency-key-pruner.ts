import { Injectable } from '@nestjs/common';
import { Shutdown } from '../../application/shutdown.js';
import { Database } from './database.js';
import { OLDEST_KEPT } from './idempotency-keys.js';
import { Pruner } from './pruner.js';

/** Deletes expired keys. */
@Injectable()
export class IdempotencyKeyPruner extends Pruner {
  constructor(database: Database, shutdown: Shutdown) {
    super(database, shutdown, {
      table: 'idempotency_keys',
      key: ['user_id', 'key'],
      by: 'created_at',
      until: OLDEST_KEPT,
      batch: 500,
      failure: 'keys could not be pruned',
    });
  }
}
