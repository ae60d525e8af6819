import { Injectable } from '@nestjs/common';
import { Transaction, UnitOfWork } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { AgentRegistry } from '../../agents/index.js';
import { MessageRepository, messageCreated, newMessage } from '../../conversations/index.js';
import { ApprovalRepository } from '../../approvals/index.js';
import { SessionBusy, SessionRepository } from '../../sessions/index.js';
import { Run } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { Accepted } from './accepted.js';
import { ApplyDecision } from './apply-decision.js';
import { RunSupervisor } from './run-supervisor.js';

export interface SendUserMessageCommand {
  readonly userId: string;
  readonly sessionId: string;
  readonly content: string;
  /** Unset = the agent the user chose before, or else the classification decides. */
  readonly agent: string | undefined;
}

/** Why a plan was rejected by a message that came while it was in review. */
const SUPERSEDED = 'superseded';

@Injectable()
export class SendUserMessage {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly agents: AgentRegistry,
    private readonly decision: ApplyDecision,
    private readonly supervisor: RunSupervisor,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * Stores the message and sets a run in motion, which goes on whether or not anybody listens. A plan that is in review
   * at that moment is rejected by it: the user has changed their mind.
   * @throws SessionNotFound, SessionArchived, SessionBusy, AgentNotFound, ServerDraining
   */
  async execute(command: SendUserMessageCommand): Promise<Accepted> {
    this.supervisor.requireAccepting();
    const named = command.agent === undefined ? undefined : this.agents.conversational(command.agent).id;
    try {
      return await this.send(command, named, false);
    } catch (error) {
      // The rare case costs the usual one nothing.
      if (error instanceof SessionBusy) return this.send(command, named, true);
      throw error;
    }
  }

  private async send(
    command: SendUserMessageCommand,
    named: string | undefined,
    supersedes: boolean,
  ): Promise<Accepted> {
    const { value, events } = await this.uow.run('save_user_message', async (tx) => {
      if (supersedes) await this.rejectPlan(tx, command);
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
        entry: this.agents.classifies(agent) ? 'receive_message' : 'receive_directed_message',
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

  /** Ends the review of a plan; where no plan is in review, the session stays busy. */
  private async rejectPlan(tx: Transaction, { sessionId, userId }: SendUserMessageCommand): Promise<void> {
    const run = await tx.get(RunRepository).findActive(sessionId);
    const { phase, userId: owner } = run?.snapshot() ?? {};
    if (!run || phase !== 'plan_review' || owner !== userId) throw new SessionBusy(sessionId);
    const now = this.clock.now();
    for (const approval of await tx.get(ApprovalRepository).listPending(run.id)) {
      const verdict = {
        decision: 'reject',
        feedback: SUPERSEDED,
        modifiedArguments: null,
        remember: false,
      } as const;
      if (approval.isOverdue(now)) approval.expire(now);
      else approval.decide(verdict, userId, now);
      await this.decision.execute(tx, run, approval, now);
    }
  }
}
