import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { PassingContents } from '../../sessions/index.js';
import { SqlToolListRepository } from '../../tools/index.js';
import { SqlWorkspaceRepository } from '../../workspaces/index.js';

export class SqlPassingContents extends PassingContents {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async expire(sessionId: string): Promise<void> {
    const text = 'update tool_results set expires_at = now() where session_id = $1 and expires_at > now()';
    this.context.write({ text, values: [sessionId] });
    this.context.write({ text: 'delete from file_versions where session_id = $1', values: [sessionId] });
    this.context.write({ text: 'delete from steers where session_id = $1', values: [sessionId] });
    new SqlToolListRepository(this.context).forget(sessionId);
    new SqlWorkspaceRepository(this.context).forget(sessionId);
  }
}
