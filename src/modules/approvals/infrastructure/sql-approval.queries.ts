import { Injectable } from '@nestjs/common';
import { Page, PageRequest } from '../../../shared/application/page.js';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { Counted, bySize, pageBySize } from '../../../shared/infrastructure/persistence/page-by-size.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { joinSession } from '../../sessions/index.js';
import { ApprovalFilter, ApprovalQueries } from '../application/approval.queries.js';
import { ApprovalState } from '../domain/approval-state.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';
import { Permission } from '../domain/remembering.js';
import { ApprovalSchema } from './approval.row.js';
import { PermissionRow, selectPermissions, toPermission } from './permission-statements.js';

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

  list(sessionId: string, filter: ApprovalFilter, page: PageRequest): Promise<Page<ApprovalState>> {
    return this.page(`${this.select} where a.session_id = $1`, sessionId, filter, page);
  }

  listOwned(userId: string, filter: ApprovalFilter, page: PageRequest): Promise<Page<ApprovalState>> {
    return this.page(this.selectOwned, userId, filter, page);
  }

  /** A condition that is not wanted is left out, so that each of the others can use an index. */
  private async page(
    selected: string,
    of: string,
    { status }: ApprovalFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<ApprovalState>> {
    const values: unknown[] = [of, limit + 1];
    const when = (sql: string, value: string | undefined) =>
      value === undefined ? '' : ` and ${sql} $${values.push(value)}`;
    const sql = `${selected}${when('a.status =', status)}${when('a.id <', cursor)} order by a.id desc limit $2`;
    const rows = await this.database.query<ApprovalState & Counted>(bySize(sql, 'id desc', LARGE), values);
    return pageBySize<ApprovalState>(rows, limit, ({ id }) => id);
  }

  async view(approvalId: string, userId: string): Promise<ApprovalState> {
    return this.one(approvalId, `${this.selectOwned} and a.id = $2`, [userId, approvalId]);
  }

  async ofCall(sessionId: string, callId: string, userId: string): Promise<ApprovalState> {
    const sql = `${this.selectOwned} and a.call_id = $2 and a.session_id = $3 and a.kind = 'tool_call'
      order by a.attempt desc limit 1`;
    return this.one(callId, sql, [userId, callId, sessionId]);
  }

  async newestOfPlan(sessionId: string, planId: string, userId: string): Promise<ApprovalState | undefined> {
    const sql = `${this.selectOwned} and a.plan_id = $2 and a.session_id = $3 order by a.id desc limit 1`;
    const parameters = [userId, planId, sessionId];
    const [row] = isId(planId) ? await this.database.query<ApprovalState>(sql, parameters) : [];
    return row;
  }

  async listPermissions(sessionId: string, { limit, cursor }: PageRequest): Promise<Page<Permission>> {
    const { text, values } = selectPermissions(sessionId);
    const rows = await this.database.query<PermissionRow>(
      `${text} and ($3::uuid is null or id < $3) order by id desc limit $4`,
      [...values, cursor ?? null, limit + 1],
    );
    const data = rows.slice(0, limit).map(toPermission);
    const hasMore = rows.length > limit;
    return { data, hasMore, nextCursor: hasMore ? data.at(-1)!.id : null };
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
