import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { AgentRegistry } from '../../agents/index.js';
import { Session, SessionState } from '../domain/session.js';
import { SessionRepository } from '../domain/session.repository.js';
import { SessionView } from './session.queries.js';

export interface CreateSessionCommand {
  readonly userId: string;
  readonly title: string | undefined;
  /** Unset = the default agent of this installation. */
  readonly agent: string | undefined;
  readonly metadata: JsonObject | undefined;
}

@Injectable()
export class CreateSession {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @throws AgentNotFound */
  async execute(command: CreateSessionCommand): Promise<SessionView> {
    const agent = command.agent ? this.agents.conversational(command.agent) : this.agents.defaultAgent();
    const { value } = await this.uow.run('create_session_agent', async (tx) => {
      const session = Session.create({
        id: this.ids.next(),
        userId: command.userId,
        title: command.title ?? 'New session',
        agent: agent.id,
        agentChosenByUser: agent.id !== this.agents.defaultAgent().id,
        metadata: command.metadata ?? {},
        now: this.clock.now(),
      });
      await tx.get(SessionRepository).add(session);
      return session.snapshot();
    });
    return viewOfNew(value);
  }
}

/** The view of a session without messages and runs. */
const viewOfNew = ({ id, title, agent, metadata, createdAt, updatedAt }: SessionState): SessionView => ({
  id,
  title,
  agent,
  phase: 'idle',
  activeRun: null,
  messageCount: 0,
  lastEventId: 0,
  metadata,
  createdAt,
  updatedAt,
  archivedAt: null,
});
