import { Injectable } from '@nestjs/common';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Pruner } from '../../../shared/infrastructure/persistence/pruner.js';

/** Deletes the results of tools that were kept long enough, or whose session was deleted. */
@Injectable()
export class ToolResultPruner extends Pruner {
  constructor(database: Database, shutdown: Shutdown) {
    super(database, shutdown, {
      table: 'tool_results',
      key: ['call_id'],
      by: 'expires_at',
      until: 'now()',
      batch: 50, // a row may have 8 MB
      failure: 'results of tools could not be pruned',
    });
  }
}
