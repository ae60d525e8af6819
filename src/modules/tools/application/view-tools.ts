import { Injectable } from '@nestjs/common';
import { SessionQueries } from '../../sessions/index.js';
import { StoredTools } from '../domain/tool-list.repository.js';
import { ToolListView, toToolListView } from '../domain/tool-list-view.js';
import { digestOfTool } from './digests.js';

/** Shows the tools that clients have declared for a session. */
@Injectable()
export class ViewTools {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly stored: StoredTools,
  ) {}

  /** @throws SessionNotFound */
  async list({ userId, sessionId }: { userId: string; sessionId: string }): Promise<ToolListView[]> {
    await this.sessions.requireOwned(sessionId, userId);
    const [lists, refused] = await Promise.all([
      this.stored.listLive(sessionId),
      this.stored.listRefused(sessionId),
    ]);
    return lists.map((list) => toToolListView(list, refused, digestOfTool));
  }
}
