import { StoredWorkspace, Workspace } from '../domain/workspace.js';
import { StoredWorkspaces } from '../domain/workspace.repository.js';

/** What sends a query and waits for the rows: a unit of work, or the database, by a connection of its own. */
interface Reader {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
}

export class SqlStoredWorkspaces extends StoredWorkspaces {
  constructor(private readonly reader: Reader) {
    super();
  }

  async find(sessionId: string, digest: string): Promise<StoredWorkspace | undefined> {
    const [row] = await this.reader.query<{ workspace: Workspace }>(
      'select workspace from workspaces where session_id = $1 and digest = $2',
      [sessionId, digest],
    );
    return row && { ...row.workspace, digest };
  }
}
