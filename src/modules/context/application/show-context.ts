import { Injectable } from '@nestjs/common';
import { AgentDirectory, DescribeTools } from '../../agents/index.js';
import { ModelCatalog } from '../../models/index.js';
import { SessionQueries } from '../../sessions/index.js';
import { Checkpoint } from '../domain/checkpoint.js';
import { ContextView, viewOf } from './context-view.js';
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
    private readonly tools: DescribeTools,
    private readonly models: ModelCatalog,
    private readonly threads: ThreadQueries,
  ) {}

  /** @throws SessionNotFound */
  async execute(command: { userId: string; sessionId: string }): Promise<ShownContext> {
    const { sessionId } = command;
    const session = await this.sessions.view(sessionId, command.userId);
    const agent = await this.agents.ofSession(command.userId, session.agent);
    const isChosen = session.model !== null && this.models.has(session.model);
    const model = isChosen ? session.model! : this.models.answering(agent);
    const { limit } = this.models.get(model);
    // Of the messages only the sizes are needed, and the newest one comes with them.
    const rows = await this.threads.read({ sessionId, thread: 'main', agent: agent.id, model, most: 0 });
    const view = viewOf({ system: agent.prompt, tools: this.tools.of(agent) }, rows);
    return { ...view, model, window: limit.context, checkpoint: rows.checkpoint };
  }
}
