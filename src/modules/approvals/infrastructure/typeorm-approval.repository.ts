import { EntityManager } from 'typeorm';
import { isId } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Approval } from '../domain/approval.js';
import { ApprovalNotFound } from '../domain/approval.errors.js';
import { ApprovalRepository } from '../domain/approval.repository.js';
import { ApprovalRow, ApprovalSchema } from './approval.row.js';

export class TypeOrmApprovalRepository extends ApprovalRepository {
  private readonly manager: EntityManager;

  constructor(private readonly context: RepositoryContext) {
    super();
    this.manager = context.manager;
  }

  async add(approval: Approval): Promise<void> {
    this.context.insert(ApprovalSchema, approval.snapshot() as ApprovalRow);
    this.context.record(...approval.pullEvents());
  }

  async get(approvalId: string): Promise<Approval> {
    const row = isId(approvalId) ? await this.manager.findOneBy(ApprovalSchema, { id: approvalId }) : null;
    if (!row) throw new ApprovalNotFound(approvalId);
    return toApproval(row);
  }

  async listPending(runId: string): Promise<Approval[]> {
    const pending = { runId, status: 'pending' as const };
    const rows = await this.manager.find(ApprovalSchema, { where: pending, order: { id: 'ASC' } });
    return rows.map(toApproval);
  }

  async isRemembered(sessionId: string, toolName: string): Promise<boolean> {
    return this.manager.existsBy(ApprovalSchema, { sessionId, toolName, remember: true });
  }

  async save(approval: Approval): Promise<void> {
    this.context.update(ApprovalSchema, approval.snapshot() as ApprovalRow);
    this.context.record(...approval.pullEvents());
  }
}

const toApproval = (row: ApprovalRow): Approval =>
  Approval.restore({
    ...row,
    arguments: row.arguments as JsonObject | null,
    modifiedArguments: row.modifiedArguments as JsonObject | null,
  });
