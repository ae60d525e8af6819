import { Injectable } from '@nestjs/common';
import { AgentDirectory, equip } from '../../agents/index.js';
import { ModelCatalog, answeringModel } from '../../models/index.js';
import { SessionQueries } from '../../sessions/index.js';
import { ToolCatalog } from '../../tools/index.js';
import { WorkspaceReader } from '../../workspaces/index.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { ContextView, fixedFor, viewOf } from './context-view.js';
import { ThreadQueries } from './thread-rows.js';

/** The context of the next answer in the main history of a session. */
export interface ShownContext extends ContextView {
  /** The id of the model. */
  readonly model: string;
  /** Of the model, in tokens. */
  readonly window: number;
  readonly checkpoint: Checkpoint | null;
}

@Injectable()
export class ShowContext {
  constructor(
    private readonly sessions: SessionQueries,
    private readonly agents: AgentDirectory,
    private readonly catalog: ToolCatalog,
    private readonly workspaces: WorkspaceReader,
    private readonly models: ModelCatalog,
    private readonly threads: ThreadQueries,
  ) {}

  /** @throws SessionNotFound */
  async execute(command: { userId: string; sessionId: string }): Promise<ShownContext> {
    const { sessionId } = command;
    const session = await this.sessions.view(sessionId, command.userId);
    const agent = await this.agents.ofSession(command.userId, session.agent);
    const { id: model, limit } = answeringModel(session.model, agent, this.models);
    // Of the messages only the sizes are needed, and the newest one comes with them.
    const tools = await this.catalog.now(sessionId, equip(agent, session));
    const { digest: workspaceDigest } = await this.sessions.workspaceOf(sessionId, command.userId);
    const workspace = await this.workspaces.read({ ...command, workspaceDigest });
    const request = {
      sessionId,
      thread: 'main',
      agent: agent.id,
      model,
      toolsDigest: tools.digest,
      workspaceDigest,
      most: 0,
    } as const;
    const rows = await this.threads.read(request);
    const view = viewOf(fixedFor(agent, tools, workspace), rows);
    return { ...view, model, window: limit.context, checkpoint: rows.checkpoint };
  }
}
