import { Injectable } from '@nestjs/common';
import { EventStream } from '../../../../shared/application/event-stream.js';
import { UnitOfWork } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { AgentDirectory, AgentRegistry } from '../../../agents/index.js';
import { MessageRepository, messageCreated, newMessage } from '../../../conversations/index.js';
import { SessionBusy, SessionRepository, UnfinishedRuns } from '../../../sessions/index.js';
import { Accepted } from './accepted.js';

export interface SwitchAgentCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly agent: string;
  readonly reason: string | undefined;
}

@Injectable()
export class SwitchAgent {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly directory: AgentDirectory,
    private readonly events: EventStream,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Makes an agent the session's until the user chooses again; naming the orchestrator returns the choice to it.
   * @throws SessionNotFound, SessionArchived, AgentNotFound, SessionBusy
   */
  async execute(command: SwitchAgentCommand): Promise<Accepted> {
    const { id: to } = await this.directory.conversational(command.userId, command.agent);
    // Read before the unit of work, so that its stored outcome includes it: without a change, the cursor stays.
    const before = await this.events.lastSeq(command.sessionId);
    const { value, events } = await this.uow.run('switch_agent', async (tx) => {
      const sessions = tx.get(SessionRepository);
      const session = await sessions.get(command.sessionId, command.userId);
      session.requireOpen();
      if (await tx.get(UnfinishedRuns).existIn(session.id)) throw new SessionBusy(session.id);
      const createdAt = this.clock.now();
      const from = session.agent;
      const reason = command.reason ?? 'asked for by the user';
      session.handOver({
        id: this.ids.next(),
        from,
        to,
        by: to === this.agents.defaultAgent().id ? 'runtime' : 'user',
        reason,
        confidence: null,
        runId: null,
        createdAt,
      });
      await sessions.save(session);
      if (from === to) return { before };
      const message = newMessage({
        id: this.ids.next(),
        sessionId: session.id,
        role: 'system',
        content: `${to} takes over from ${from}: ${reason}`,
        createdAt,
      });
      await tx.get(MessageRepository).append(message);
      tx.record(messageCreated(message));
      return { before, message };
    });
    const [first] = events;
    const lastEventId = first ? first.seq - 1 : value.before;
    return {
      run: null,
      message: value.message,
      lastEventId,
      endEventId: events.at(-1)?.seq ?? lastEventId,
      repeated: first === undefined,
    };
  }
}
