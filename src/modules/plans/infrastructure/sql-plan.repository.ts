import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { joinSession } from '../../sessions/index.js';
import { PlanState } from '../domain/plan-state.js';
import { Plan } from '../domain/plan.js';
import { PlanNotFound } from '../domain/plan.errors.js';
import { PlanRepository } from '../domain/plan.repository.js';
import { Subtask } from '../domain/subtask.js';
import { OPEN, PlanRow, PlanSchema, PlanTransitionSchema, SubtaskRow, SubtaskSchema } from './plan.row.js';

export class SqlPlanRepository extends PlanRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(plan: Plan): Promise<void> {
    this.context.insert(PlanSchema, toRow(plan.snapshot()));
    await this.saveParts(plan);
  }

  async get(planId: string): Promise<Plan> {
    const [row] = await this.context.find(PlanSchema, 'id = $1', [planId]);
    if (!row) throw new PlanNotFound(planId);
    return this.restore(row);
  }

  async runOf(planId: string, userId: string): Promise<string> {
    const [row] = await this.context.query<{ run_id: string }>(
      `select p.run_id from plans p ${joinSession('p')} where p.id = $1 and p.user_id = $2`,
      [planId, userId],
    );
    if (!row) throw new PlanNotFound(planId);
    return row.run_id;
  }

  async findOpen(runId: string): Promise<Plan | undefined> {
    const [row] = await this.context.find(PlanSchema, `run_id = $1 and ${OPEN}`, [runId]);
    return row ? this.restore(row) : undefined;
  }

  async save(plan: Plan): Promise<void> {
    this.context.update(PlanSchema, toRow(plan.snapshot()));
    await this.saveParts(plan);
  }

  private async saveParts(plan: Plan): Promise<void> {
    for (const subtask of plan.pullSubtasks()) {
      this.context.upsert(SubtaskSchema, { ...subtask, planId: plan.id });
    }
    for (const transition of plan.pullTransitions()) this.context.insert(PlanTransitionSchema, transition);
    this.context.record(...plan.pullEvents());
  }

  private async restore(row: PlanRow): Promise<Plan> {
    const { approvalDecision: _, ...plan } = row;
    const current = 'plan_id = $1 and revision = $2 order by position';
    const rows = await this.context.find(SubtaskSchema, current, [row.id, row.revision]);
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
