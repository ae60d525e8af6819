import { isId } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Approval } from '../domain/approval.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';
import { ApprovalRepository } from '../domain/approval.repository.js';
import { Permission, RememberWhen } from '../domain/remembering.js';
import { ApprovalRow, ApprovalSchema, PERMISSION } from './approval.row.js';
import { PermissionRow, selectPermissions, toPermission } from './permission-statements.js';

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

  async listPermissions(sessionId: string): Promise<Permission[]> {
    const { text, values } = selectPermissions(sessionId);
    return (await this.context.query<PermissionRow>(text, values)).map(toPermission);
  }

  async forget(sessionId: string, permissionId: string | undefined): Promise<string[]> {
    const rows = await this.context.query<{ id: string }>(
      `update approvals set forgotten_at = now(), version = version + 1
        where session_id = $1 and ($2::uuid is null or id = $2) and ${PERMISSION} returning id`,
      [sessionId, permissionId ?? null],
    );
    return rows.map(({ id }) => id);
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
    suggestions: row.suggestions as RememberWhen[] | null,
  });
