import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { JobFilter, JobQueries } from '../application/job.queries.js';
import { JobNotFound } from '../domain/job.errors.js';
import { JobState } from '../domain/job.js';
import { ABANDONED } from './sql-job.repository.js';

const COLUMNS = `j.id, j.type, j.agent, j.agent_version as "agentVersion", j.status, j.payload_json as payload,
  j.result_json as result,
  case when j.error_code is not null then json_build_object('code', j.error_code, 'message', j.error_text) end as error,
  j.session_id as "sessionId", j.user_id as "userId", j.idempotency_key as "idempotencyKey", j.attempt, j.recoveries,
  j.trace_id as "traceId", j.traceparent, j.run_id as "runId", j.available_at as "availableAt", j.deadline_at as "deadlineAt",
  j.lease_owner as "leaseOwner", j.lease_token as "leaseToken", j.cancel_requested_at as "cancelRequestedAt",
  j.created_at as "createdAt", j.started_at as "startedAt", j.finished_at as "finishedAt", j.version`;

/** A job is its user's as long as its session is there. */
const OWNED = `from jobs j join sessions s on s.id = j.session_id and s.deleted_at is null where j.user_id = $1`;

@Injectable()
export class SqlJobQueries extends JobQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async list(
    userId: string,
    { status, sessionId, type }: JobFilter,
    page: PageRequest,
  ): Promise<Page<JobState>> {
    const sql = `select ${COLUMNS} ${OWNED}
          and ($2::text is null or j.status = $2) and ($3::uuid is null or j.session_id = $3)
          and ($4::text is null or j.type = $4) and ($5::uuid is null or j.id < $5)
        order by j.id desc limit $6`;
    const rows = await this.database.query<JobState & Counted>(bySize(sql, 'id desc'), [
      ...[userId, status ?? null, sessionId ?? null, type ?? null, page.cursor ?? null, page.limit + 1],
    ]);
    return pageBySize<JobState>(rows, page.limit, ({ id }) => id);
  }

  async view(jobId: string, userId: string): Promise<JobState> {
    const [row] = isId(jobId)
      ? await this.database.query<JobState>(`select ${COLUMNS} ${OWNED} and j.id = $2`, [userId, jobId])
      : [];
    if (!row) throw new JobNotFound(jobId);
    return row;
  }

  async findActive(sessionId: string, agent: string): Promise<JobState | undefined> {
    const [row] = await this.database.query<JobState>(
      `select ${COLUMNS} from jobs j
        where j.session_id = $1 and j.agent = $2 and j.status in ('queued', 'running') limit 1`,
      [sessionId, agent],
    );
    return row;
  }

  async listAbandoned(limit: number): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `select id from jobs where ${ABANDONED} order by lease_expires_at limit $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }
}
