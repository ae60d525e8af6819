import { Injectable } from '@nestjs/common';
import { SessionQueries } from '../../sessions/index.js';
import { WorkspaceNotFound } from '../domain/workspace.errors.js';
import { StoredWorkspaces } from '../domain/workspace.repository.js';
import { WorkspaceView, toWorkspaceView } from '../domain/workspace-view.js';

@Injectable()
export class ViewWorkspace {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly stored: StoredWorkspaces,
  ) {}

  /** @throws SessionNotFound, WorkspaceNotFound */
  async execute({ userId, sessionId }: { userId: string; sessionId: string }): Promise<WorkspaceView> {
    const { digest, git } = await this.sessions.workspaceOf(sessionId, userId);
    const workspace = digest === null ? undefined : await this.stored.find(sessionId, digest);
    if (!workspace) throw new WorkspaceNotFound(sessionId);
    return toWorkspaceView(workspace, git);
  }
}
