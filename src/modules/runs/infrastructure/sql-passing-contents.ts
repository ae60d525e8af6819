import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { PassingContents } from '../../sessions/index.js';

export class SqlPassingContents extends PassingContents {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async expire(sessionId: string): Promise<void> {
    const text = 'update tool_results set expires_at = now() where session_id = $1 and expires_at > now()';
    this.context.write({ text, values: [sessionId] });
  }
}
