import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { Steer } from '../domain/steer.js';
import { SteerRepository } from '../domain/steer.repository.js';
import { SteerSchema } from './steer.row.js';

export class SqlSteerRepository extends SteerRepository {
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

  async takeAll(runId: string): Promise<Steer[]> {
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
