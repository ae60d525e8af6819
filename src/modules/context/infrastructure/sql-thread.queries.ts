import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ThreadQueries, ThreadRequest, ThreadRows } from '../application/thread-rows.js';
import { ColumnsOf, ThreadRow, threadRows, toThreadRows } from './thread-statements.js';

@Injectable()
export class SqlThreadQueries extends ThreadQueries {
  private readonly columnsOf: ColumnsOf;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columnsOf = (schema, except) => statements.columnsOf(schema, undefined, except);
  }

  async read(request: ThreadRequest): Promise<ThreadRows> {
    const { text, values } = threadRows(this.columnsOf, request);
    return toThreadRows(await this.database.query<ThreadRow>(text, values));
  }
}
