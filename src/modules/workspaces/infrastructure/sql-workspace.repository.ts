import { RepositoryContext } from '../../../shared/infrastructure/persistence/repository-context.js';
import { StoredWorkspace, Workspace } from '../domain/workspace.js';
import { WorkspaceRepository } from '../domain/workspace.repository.js';

/** A run that begins at this moment may not be stored yet, although it keeps the workspace that is replaced. */
const REPLACE = `
  update workspaces set replaced_at = now() where session_id = $1 and digest <> $2 and replaced_at is null`;

const DELETE_OLD = `
  delete from workspaces where session_id = $1 and replaced_at < now() - interval '1 hour' and digest not in (
    select r.workspace_digest from runs r
     where r.session_id = $1 and r.status in ('running', 'waiting') and r.workspace_digest is not null)`;

const PUT = `
  insert into workspaces (session_id, digest, workspace) values ($1, $2, $3)
  on conflict (session_id, digest) do update set replaced_at = null`;

export class SqlWorkspaceRepository extends WorkspaceRepository {
  constructor(private readonly context: RepositoryContext) {
    super();
  }

  async put(sessionId: string, { digest, ...workspace }: StoredWorkspace): Promise<string[]> {
    this.context.write({ text: PUT, values: [sessionId, digest, JSON.stringify(workspace)] });
    this.context.write({ text: REPLACE, values: [sessionId, digest] });
    this.context.write({ text: DELETE_OLD, values: [sessionId] });
    const rows = await this.context.query<{ workspace: Workspace }>(
      'select workspace from workspaces where session_id = $1',
      [sessionId],
    );
    return rows.flatMap((row) => row.workspace.instructions.map(({ hash }) => hash));
  }

  forget(sessionId: string): void {
    this.context.write({ text: 'delete from workspaces where session_id = $1', values: [sessionId] });
  }
}
