import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { ApprovalQueries } from '../application/approval.queries.js';
import { ApprovalState, ApprovalStatus } from '../domain/approval-state.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';

const SELECT = `select a.id, a.session_id as "sessionId", a.run_id as "runId", a.user_id as "userId", a.kind,
    a.call_id as "callId", a.plan_id as "planId", a.tool_name as "toolName", a.subject, a.arguments, a.reason, a.status,
    a.expires_at as "expiresAt", a.created_at as "createdAt", a.decision, a.decided_by as "decidedBy", a.feedback,
    a.modified_arguments as "modifiedArguments", a.remember, a.decided_at as "decidedAt", a.version
  from approvals a`;

/** An approval is its user's as long as its session is there. */
const OWNED = `${SELECT} join sessions s on s.id = a.session_id and s.deleted_at is null where a.user_id = $1`;

@Injectable()
export class SqlApprovalQueries extends ApprovalQueries {
  constructor(private readonly database: Database) {
    super();
  }

  async list(
    sessionId: string,
    status: ApprovalStatus | undefined,
    page: PageRequest,
  ): Promise<Page<ApprovalState>> {
    const sql = `${SELECT} where a.session_id = $1 and ($2::text is null or a.status = $2)
        and ($3::uuid is null or a.id < $3) order by a.id desc limit $4`;
    const rows = await this.database.query<ApprovalState & Counted>(bySize(sql, 'id desc'), [
      ...[sessionId, status ?? null, page.cursor ?? null, page.limit + 1],
    ]);
    return pageBySize<ApprovalState>(rows, page.limit, ({ id }) => id);
  }

  async view(approvalId: string, userId: string): Promise<ApprovalState> {
    return this.one(approvalId, `${OWNED} and a.id = $2`, [userId, approvalId]);
  }

  async ofCall(sessionId: string, callId: string, userId: string): Promise<ApprovalState> {
    const sql = `${OWNED} and a.call_id = $2 and a.session_id = $3 and a.kind = 'tool_call'`;
    return this.one(callId, sql, [userId, callId, sessionId]);
  }

  async newestOfPlan(planId: string): Promise<ApprovalState | undefined> {
    const [row] = await this.database.query<ApprovalState>(
      `${SELECT} where a.plan_id = $1 order by a.id desc limit 1`,
      [planId],
    );
    return row;
  }

  async listExpired(now: Date, limit: number): Promise<ApprovalState[]> {
    return this.database.query<ApprovalState>(
      `${SELECT} where a.status = 'pending' and a.expires_at <= $1 order by a.expires_at limit $2`,
      [now, limit],
    );
  }

  private async one(id: string, sql: string, parameters: unknown[]): Promise<ApprovalState> {
    const [row] = isId(id) ? await this.database.query<ApprovalState>(sql, parameters) : [];
    if (!row) throw new ApprovalNotFound(id.slice(0, 100));
    return row;
  }
}
