import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { WRITE_PROBE } from '../../../shared/infrastructure/persistence/write-probe.js';
import { DatabaseProbe, MigrationState } from '../application/database-probe.js';

@Injectable()
export class SqlDatabaseProbe extends DatabaseProbe {
  private readonly logger = new Logger(DatabaseProbe.name);

  constructor(private readonly database: Database) {
    super();
  }

  async look(): Promise<MigrationState> {
    try {
      await this.database.query(WRITE_PROBE);
      const rows = await this.database.query<{ name: string }>('select name from migrations order by id');
      const run = rows.map(({ name }) => name);
      const known = this.database.migrations;
      return {
        missing: known.filter((name) => !run.includes(name)),
        unknown: run.filter((name) => !known.includes(name)),
      };
    } catch (error) {
      this.logger.warn({ err: error }, 'the database does not answer, or takes no writes');
      throw error;
    }
  }
}
