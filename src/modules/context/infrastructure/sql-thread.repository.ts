import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { ThreadRepository, ThreadRequest, ThreadRows } from '../application/thread-rows.js';
import { ThreadRow, threadRows, toThreadRows } from './thread-statements.js';

export class SqlThreadRepository extends ThreadRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async read(request: ThreadRequest): Promise<ThreadRows> {
    const { text, values } = threadRows((schema, except) => this.context.columnsOf(schema, except), request);
    return toThreadRows(await this.context.query<ThreadRow>(text, values));
  }
}
