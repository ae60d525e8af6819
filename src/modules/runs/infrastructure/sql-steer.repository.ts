import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Steer } from '../domain/steer.js';
import { SteerRepository } from '../domain/steer.repository.js';
import { SteerSchema } from './steer.row.js';

export class SqlSteerRepository extends SteerRepository {
  /** By run. Its lock keeps the answer true until the unit of work ends. */
  private readonly waiting = new Map<string, Promise<boolean>>();

  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async add(steer: Steer): Promise<void> {
    this.context.insert(SteerSchema, steer);
  }

  async count(runId: string): Promise<number> {
    const [row] = await this.context.query<{ waiting: number }>(
      'select count(*)::int as waiting from steers where run_id = $1',
      [runId],
    );
    return row!.waiting;
  }

  lookAhead(runId: string): void {
    const waiting = this.context
      .query('select from steers where run_id = $1 limit 1', [runId])
      .then((found) => found.length > 0);
    waiting.catch(() => undefined); // the unit of work fails with it
    this.waiting.set(runId, waiting);
  }

  async takeAll(runId: string): Promise<Steer[]> {
    if ((await this.waiting.get(runId)) === false) return [];
    const taken = await this.delete('run_id = $1', [runId]);
    return taken.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async take(sessionId: string, steerId: string): Promise<Steer | undefined> {
    const [taken] = await this.delete('session_id = $1 and id = $2', [sessionId, steerId]);
    return taken;
  }

  private delete(condition: string, values: readonly unknown[]): Promise<Steer[]> {
    return this.context.query<Steer>(
      `delete from steers where ${condition} returning ${this.context.columnsOf(SteerSchema)}`,
      values,
    );
  }
}
