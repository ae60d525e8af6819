import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { DatabasePing } from '../application/database-ping.js';

@Injectable()
export class SqlDatabasePing extends DatabasePing {
  private readonly logger = new Logger(DatabasePing.name);

  constructor(private readonly database: Database) {
    super();
  }

  async answers(): Promise<boolean> {
    try {
      await this.database.query('select 1');
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'the database does not answer');
      return false;
    }
  }
}
