import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { ABANDONED } from '../../../shared/infrastructure/persistence/leased-rows.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { joinSession } from '../../sessions/index.js';
import { JobFilter, JobQueries } from '../application/job.queries.js';
import { JobNotFound } from '../domain/job.errors.js';
import { JobState } from '../domain/job.js';
import { ACTIVE, JobRow, JobSchema, toJobState } from './job.row.js';

/** A job is hidden once its session is deleted. */
const OWNED = `${joinSession('j')} where j.user_id = $1`;

const LARGE: (keyof JobRow)[] = ['payload', 'result', 'errorText'];

@Injectable()
export class SqlJobQueries extends JobQueries {
  private readonly select: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.select = statements.selectOf(JobSchema, 'j');
  }

  async list(
    userId: string,
    { status, sessionId, type }: JobFilter,
    page: PageRequest,
  ): Promise<Page<JobState>> {
    const sql = `${this.select} ${OWNED}
          and ($2::text is null or j.status = $2) and ($3::uuid is null or j.session_id = $3)
          and ($4::text is null or j.type = $4) and ($5::uuid is null or j.id < $5)
        order by j.id desc limit $6`;
    const rows = await this.database.query<JobRow & Counted>(bySize(sql, 'id desc', LARGE), [
      ...[userId, status ?? null, sessionId ?? null, type ?? null, page.cursor ?? null, page.limit + 1],
    ]);
    const found = pageBySize<JobRow>(rows, page.limit, ({ id }) => id);
    return { ...found, data: found.data.map(toJobState) };
  }

  async view(jobId: string, userId: string): Promise<JobState> {
    const [row] = isId(jobId)
      ? await this.database.query<JobRow>(`${this.select} ${OWNED} and j.id = $2`, [userId, jobId])
      : [];
    if (!row) throw new JobNotFound(jobId);
    return toJobState(row);
  }

  async findActive(sessionId: string, type: string): Promise<JobState | undefined> {
    const [row] = await this.database.query<JobRow>(
      `${this.select}
        where j.session_id = $1 and j.type = $2 and ${ACTIVE} limit 1`,
      [sessionId, type],
    );
    return row && toJobState(row);
  }

  async listAbandoned(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select id from jobs where ${ABANDONED} order by lease_expires_at limit $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }
}
