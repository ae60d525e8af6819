import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { AgentRegistry } from '../../agents/index.js';
import { MessageRepository, messageCreated, newMessage } from '../../conversations/index.js';
import { SessionRepository } from '../../sessions/index.js';
import { Run } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { Accepted } from './accepted.js';
import { RunSupervisor } from './run-supervisor.js';

export interface SendUserMessageCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly content: string;
  /** Unset = the agent the user chose before, or else the classification decides. */
  readonly agent: string | undefined;
}

@Injectable()
export class SendUserMessage {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Stores the message and sets a run in motion, which goes on whether or not anybody listens.
   * @throws SessionNotFound, SessionArchived, SessionBusy, AgentNotFound, ServerDraining
   */
  async execute(command: SendUserMessageCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const named = command.agent === undefined ? undefined : this.agents.conversational(command.agent).id;
    const { value, events } = await this.uow.run('save_user_message', async (tx) => {
      const now = this.clock.now();
      const sessions = tx.get(SessionRepository);
      const session = await sessions.peek(command.sessionId, command.userId);
      session.requireOpen();
      const chosen = named ?? (session.agentChosenByUser ? session.agent : undefined);
      const agent = chosen ?? this.agents.receptionist().id;
      const run = Run.start({
        id: this.ids.next(),
        sessionId: session.id,
        userId: command.userId,
        agent,
        directed: !this.agents.classifies(agent),
        trigger: 'user_message',
        now,
      });
      await tx.get(RunRepository).add(run);
      const message = await tx.get(MessageRepository).append(
        newMessage({
          id: this.ids.next(),
          sessionId: session.id,
          runId: run.id,
          role: 'user',
          content: command.content,
          createdAt: now,
        }),
      );
      tx.record(messageCreated(message), ...run.pullEvents());
      if (named && (named !== session.agent || !session.agentChosenByUser)) {
        session.handOver({
          id: this.ids.next(),
          from: session.agent,
          to: named,
          by: 'user',
          reason: 'named by the user',
          confidence: null,
          runId: run.id,
          createdAt: now,
        });
        await sessions.save(session);
      }
      return { run: run.snapshot(), message };
    });
    this.supervisor.start(value.run.id);
    return { ...value, lastEventId: events[0]!.seq - 1, repeated: false };
  }
}
