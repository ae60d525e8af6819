import { Injectable } from '@nestjs/common';
import { Page, PageRequest, pageOf } from '../../../shared/application/page.js';
import { isId } from '../../../shared/domain/ids.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { RowStatements } from '../../../shared/infrastructure/persistence/row-statements.js';
import { joinSession } from '../../sessions/index.js';
import { PlanFilter, PlanQueries, PlanRecord } from '../application/plan.queries.js';
import { PlanNotFound } from '../domain/plan.errors.js';
import { PlanState, PlanTransition } from '../domain/plan-state.js';
import { OPEN, PlanRow, PlanSchema, PlanTransitionSchema, SubtaskRow, SubtaskSchema } from './plan.row.js';

/** What the user said with the approval of a plan. */
const FEEDBACK = `(
  select t.reason from plan_transitions t where t.plan_id = p.id and t.action = 'approve' order by t.id desc limit 1
) as feedback`;

@Injectable()
export class SqlPlanQueries extends PlanQueries {
  private readonly columns: string;
  private readonly select: string;
  private readonly selectSubtasks: string;
  private readonly selectTransitions: string;

  constructor(
    private readonly database: Database,
    statements: RowStatements,
  ) {
    super();
    this.columns = statements.columnsOf(PlanSchema, 'p');
    this.select = statements.selectOf(PlanSchema, 'p');
    this.selectSubtasks = `${statements.selectOf(SubtaskSchema, 's')}
        join plans p on p.id = s.plan_id and p.revision = s.revision
       where s.plan_id = any($1) order by s.plan_id, s.position`;
    this.selectTransitions = `${statements.selectOf(PlanTransitionSchema)}
       where plan_id = any($1) order by plan_id, id`;
  }

  list(sessionId: string, filter: PlanFilter, page: PageRequest): Promise<Page<PlanRecord>> {
    return this.page(`${this.select} where p.session_id = $1`, sessionId, filter, page);
  }

  listOwned(userId: string, filter: PlanFilter, page: PageRequest): Promise<Page<PlanRecord>> {
    return this.page(`${this.select} ${joinSession('p')} where p.user_id = $1`, userId, filter, page);
  }

  /** A condition that is not wanted is left out, so that each of the others can use an index. */
  private async page(
    selected: string,
    of: string,
    { status }: PlanFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<PlanRecord>> {
    const values: unknown[] = [of, limit + 1];
    const when = (sql: string, value: string | undefined) =>
      value === undefined ? '' : ` and ${sql} $${values.push(value)}`;
    const rows = await this.database.query<PlanRow>(
      `${selected}${when('p.status =', status)}${when('p.id <', cursor)} order by p.id desc limit $2`,
      values,
    );
    const records = await this.records(rows.slice(0, limit));
    return pageOf(
      rows,
      limit,
      (row) => records.find(({ plan }) => plan.id === row.id)!,
      (row) => row.id,
    );
  }

  async view(planId: string, userId: string): Promise<PlanRecord> {
    const owned = `${joinSession('p')} where p.id = $1 and p.user_id = $2`;
    return this.one(planId, owned, [planId, userId]);
  }

  record(planId: string): Promise<PlanRecord> {
    return this.one(planId, 'where p.id = $1', [planId]);
  }

  private async one(planId: string, which: string, parameters: readonly string[]): Promise<PlanRecord> {
    const rows = isId(planId)
      ? await this.database.query<PlanRow>(`${this.select} ${which}`, parameters)
      : [];
    const [record] = await this.records(rows);
    if (!record) throw new PlanNotFound(planId);
    return record;
  }

  async findOpen(runId: string): Promise<PlanState | undefined> {
    const rows = await this.database.query<PlanRow>(
      `select ${this.columns}, ${FEEDBACK} from plans p where p.run_id = $1 and ${OPEN}`,
      [runId],
    );
    const [plan] = await this.withSubtasks(rows);
    return plan;
  }

  private async records(rows: readonly PlanRow[]): Promise<PlanRecord[]> {
    if (rows.length === 0) return [];
    const transitions = await this.database.query<PlanTransition>(this.selectTransitions, [
      rows.map(({ id }) => id),
    ]);
    return (await this.withSubtasks(rows)).map((plan) => ({
      plan,
      history: transitions.filter(({ planId }) => planId === plan.id),
    }));
  }

  private async withSubtasks(rows: readonly PlanRow[]): Promise<PlanState[]> {
    if (rows.length === 0) return [];
    const subtasks = await this.database.query<SubtaskRow>(this.selectSubtasks, [rows.map(({ id }) => id)]);
    return rows.map((row) => ({
      ...row,
      subtasks: subtasks.filter(({ planId }) => planId === row.id),
    }));
  }
}
