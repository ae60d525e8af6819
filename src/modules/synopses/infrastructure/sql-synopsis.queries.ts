import { Injectable } from '@nestjs/common';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { SynopsisQueries } from '../application/synopsis.queries.js';
import { SynopsisVersion } from '../domain/synopsis.js';
import { SynopsisVersionNotFound } from '../domain/synopsis.errors.js';
import { SynopsisVersionSchema } from './synopsis.row.js';

const NUMBER = /^[1-9]\d{0,8}$/;

@Injectable()
export class SqlSynopsisQueries extends SynopsisQueries {
  private readonly columns: string;
  private readonly withoutItems: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columns = statements.columnsOf(SynopsisVersionSchema, 'v');
    this.withoutItems = statements.columnsOf(SynopsisVersionSchema, 'v', ['items']);
  }

  async findLive(sessionId: string): Promise<SynopsisVersion | undefined> {
    const [row] = await this.database.query<SynopsisVersion>(
      `select ${this.columns} from synopses s
         join synopsis_versions v on v.session_id = s.session_id and v.version = s.live_version
        where s.session_id = $1`,
      [sessionId],
    );
    return row;
  }

  async view(sessionId: string, version: string): Promise<SynopsisVersion> {
    const [row] = NUMBER.test(version)
      ? await this.database.query<SynopsisVersion>(
          `select ${this.columns} from synopsis_versions v where v.session_id = $1 and v.version = $2`,
          [sessionId, version],
        )
      : [];
    if (!row) throw new SynopsisVersionNotFound(sessionId, version.slice(0, 100));
    return row;
  }

  async list(sessionId: string, page: PageRequest): Promise<Page<Omit<SynopsisVersion, 'items'>>> {
    const rows = await this.database.query<Omit<SynopsisVersion, 'items'>>(
      `select ${this.withoutItems} from synopsis_versions v
        where v.session_id = $1 and ($2::integer is null or v.version < $2) order by v.version desc limit $3`,
      [sessionId, page.cursor ?? null, page.limit + 1],
    );
    return pageOf(
      rows,
      page.limit,
      (row) => row,
      (row) => String(row.version),
    );
  }
}
