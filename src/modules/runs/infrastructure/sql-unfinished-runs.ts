import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { UnfinishedRuns } from '../../sessions/index.js';
import { UNFINISHED } from './run.row.js';

export class SqlUnfinishedRuns extends UnfinishedRuns {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async existIn(sessionId: string): Promise<boolean> {
    const rows = await this.context.query(`select 1 from runs where session_id = $1 and ${UNFINISHED}`, [
      sessionId,
    ]);
    return rows.length > 0;
  }
}
