import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { CheckpointQueries } from '../application/checkpoint.queries.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { CheckpointSchema, NEWEST_FIRST } from './checkpoint.row.js';

@Injectable()
export class SqlCheckpointQueries extends CheckpointQueries {
  private readonly select: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.select = statements.selectOf(CheckpointSchema, 'c');
  }

  async newest(sessionId: string, thread: string): Promise<Checkpoint | undefined> {
    const [newest] = await this.database.query<Checkpoint>(
      `${this.select} where c.session_id = $1 and c.thread = $2 order by ${NEWEST_FIRST} limit 1`,
      [sessionId, thread],
    );
    return newest;
  }

  async writtenBy(sessionId: string, callIds: readonly string[]): Promise<Checkpoint | undefined> {
    const [written] = await this.database.query<Checkpoint>(
      `${this.select} where c.session_id = $1 and c.llm_call_id = any($2)`,
      [sessionId, callIds],
    );
    return written;
  }
}
