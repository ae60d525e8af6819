import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { joinSession } from '../../sessions/index.js';
import { ApprovalQueries } from '../application/approval.queries.js';
import { ApprovalState } from '../domain/approval-state.js';
import { ApprovalStatus } from '../domain/approval.states.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';
import { ApprovalSchema } from './approval.row.js';

const LARGE: (keyof ApprovalState)[] = ['subject', 'arguments', 'modifiedArguments', 'feedback'];

@Injectable()
export class SqlApprovalQueries extends ApprovalQueries {
  private readonly select: string;
  /** An approval is hidden once its session is deleted. */
  private readonly selectOwned: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.select = statements.selectOf(ApprovalSchema, 'a');
    this.selectOwned = `${this.select} ${joinSession('a')} where a.user_id = $1`;
  }

  async list(
    sessionId: string,
    status: ApprovalStatus | undefined,
    page: PageRequest,
  ): Promise<Page<ApprovalState>> {
    const sql = `${this.select} where a.session_id = $1 and ($2::text is null or a.status = $2)
        and ($3::uuid is null or a.id < $3) order by a.id desc limit $4`;
    const rows = await this.database.query<ApprovalState & Counted>(bySize(sql, 'id desc', LARGE), [
      ...[sessionId, status ?? null, page.cursor ?? null, page.limit + 1],
    ]);
    return pageBySize<ApprovalState>(rows, page.limit, ({ id }) => id);
  }

  async view(approvalId: string, userId: string): Promise<ApprovalState> {
    return this.one(approvalId, `${this.selectOwned} and a.id = $2`, [userId, approvalId]);
  }

  async ofCall(sessionId: string, callId: string, userId: string): Promise<ApprovalState> {
    const sql = `${this.selectOwned} and a.call_id = $2 and a.session_id = $3 and a.kind = 'tool_call'`;
    return this.one(callId, sql, [userId, callId, sessionId]);
  }

  async newestOfPlan(sessionId: string, planId: string, userId: string): Promise<ApprovalState | undefined> {
    const sql = `${this.selectOwned} and a.plan_id = $2 and a.session_id = $3 order by a.id desc limit 1`;
    const parameters = [userId, planId, sessionId];
    const [row] = isId(planId) ? await this.database.query<ApprovalState>(sql, parameters) : [];
    return row;
  }

  async listExpired(limit: number): Promise<ApprovalState[]> {
    return this.database.query<ApprovalState>(
      `${this.select} where a.status = 'pending' and a.expires_at <= now() order by a.expires_at limit $1`,
      [limit],
    );
  }

  private async one(id: string, sql: string, parameters: unknown[]): Promise<ApprovalState> {
    const [row] = isId(id) ? await this.database.query<ApprovalState>(sql, parameters) : [];
    if (!row) throw new ApprovalNotFound(id.slice(0, 100));
    return row;
  }
}
