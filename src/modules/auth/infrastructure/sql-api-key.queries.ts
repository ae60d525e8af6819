import { Injectable } from '@nestjs/common';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { ApiKeyQueries, ApiKeyView } from '../application/api-key.queries.js';
import { ApiKeySchema } from './api-key.row.js';

@Injectable()
export class SqlApiKeyQueries extends ApiKeyQueries {
  private readonly columns: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columns = statements.columnsOf(ApiKeySchema, undefined, ['hash']);
  }

  list(userId: string | undefined): Promise<ApiKeyView[]> {
    return this.database.query<ApiKeyView>(
      `select ${this.columns} from api_keys where $1::text is null or user_id = $1 order by id`,
      [userId ?? null],
    );
  }

  async findOwner(hash: Buffer): Promise<string | undefined> {
    const [row] = await this.database.query<{ user_id: string }>(
      'select user_id from api_keys where hash = $1 and revoked_at is null',
      [hash],
    );
    return row?.user_id;
  }
}
