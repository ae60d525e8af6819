import { EntityManager, In } from 'typeorm';
import { isOwned } from '../../../shared/infrastructure/persistence/is-owned.js';
import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { PlanState } from '../domain/plan-state.js';
import { Plan } from '../domain/plan.js';
import { PlanNotFound } from '../domain/plan.errors.js';
import { PlanRepository } from '../domain/plan.repository.js';
import { Subtask } from '../domain/subtask.js';
import { PlanRow, PlanSchema, PlanTransitionSchema, SubtaskRow, SubtaskSchema } from './plan.row.js';

export class TypeOrmPlanRepository extends PlanRepository {
  private readonly manager: EntityManager;

  constructor(private readonly context: RepositoryContext) {
    super();
    this.manager = context.manager;
  }

  async add(plan: Plan): Promise<void> {
    this.context.insert(PlanSchema, toRow(plan.snapshot()));
    await this.saveParts(plan);
  }

  async get(planId: string): Promise<Plan> {
    const row = await this.manager.findOneBy(PlanSchema, { id: planId });
    if (!row) throw new PlanNotFound(planId);
    return this.restore(row);
  }

  async getOwned(planId: string, userId: string): Promise<Plan> {
    if (!(await isOwned(this.context, 'plans', planId, userId))) throw new PlanNotFound(planId);
    return this.get(planId);
  }

  async findOpen(runId: string): Promise<Plan | undefined> {
    const status = In(['draft', 'review', 'approved', 'executing'] as const);
    const row = await this.manager.findOneBy(PlanSchema, { runId, status });
    return row ? this.restore(row) : undefined;
  }

  async save(plan: Plan): Promise<void> {
    this.context.update(PlanSchema, toRow(plan.snapshot()));
    await this.saveParts(plan);
  }

  private async saveParts(plan: Plan): Promise<void> {
    const subtasks = plan.pullSubtasks().map((subtask) => ({ ...subtask, planId: plan.id }));
    if (subtasks.length > 0) await this.manager.upsert(SubtaskSchema, subtasks, ['id']);
    const transitions = plan.pullTransitions();
    if (transitions.length > 0) await this.manager.insert(PlanTransitionSchema, transitions);
    this.context.record(...plan.pullEvents());
  }

  private async restore(row: PlanRow): Promise<Plan> {
    const { approvalDecision: _, ...plan } = row;
    const rows = await this.manager.find(SubtaskSchema, {
      where: { planId: row.id, revision: row.revision },
      order: { position: 'ASC' },
    });
    return Plan.restore({ ...plan, subtasks: rows.map(toSubtask) });
  }
}

function toSubtask(row: SubtaskRow): Subtask {
  const { planId: _, ...subtask } = row;
  return subtask;
}

function toRow(state: PlanState): PlanRow {
  const { subtasks: _, ...plan } = state;
  return { ...plan, approvalDecision: plan.approvalId === null ? null : 'approve' };
}
