import { isId } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Approval } from '../domain/approval.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';
import { ApprovalRepository } from '../domain/approval.repository.js';
import { ApprovalRow, ApprovalSchema } from './approval.row.js';

export class SqlApprovalRepository extends ApprovalRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(approval: Approval): Promise<void> {
    this.context.insert(ApprovalSchema, approval.snapshot());
    this.context.record(...approval.pullEvents());
  }

  async get(approvalId: string): Promise<Approval> {
    const [row] = isId(approvalId) ? await this.context.find(ApprovalSchema, 'id = $1', [approvalId]) : [];
    if (!row) throw new ApprovalNotFound(approvalId);
    return toApproval(row);
  }

  async listPending(runId: string): Promise<Approval[]> {
    const pending = `run_id = $1 and status = 'pending' order by id`;
    return (await this.context.find(ApprovalSchema, pending, [runId])).map(toApproval);
  }

  async isRemembered(sessionId: string, toolName: string): Promise<boolean> {
    const rows = await this.context.query(
      'select from approvals where session_id = $1 and tool_name = $2 and remember limit 1',
      [sessionId, toolName],
    );
    return rows.length > 0;
  }

  async save(approval: Approval): Promise<void> {
    this.context.update(ApprovalSchema, approval.snapshot());
    this.context.record(...approval.pullEvents());
  }
}

const toApproval = (row: ApprovalRow): Approval =>
  Approval.restore({
    ...row,
    arguments: row.arguments as JsonObject | null,
    modifiedArguments: row.modifiedArguments as JsonObject | null,
  });
