import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { AgentRegistry } from '../../agents/index.js';
import { LlmCall } from '../../models/index.js';
import { MessageRepository, NewMessage, messageCreated, newMessage } from '../../conversations/index.js';
import { Session, SessionRepository } from '../../sessions/index.js';
import { Beginning, Run } from '../domain/run.js';
import { Leases } from './leases.js';
import { SetInMotion } from './set-in-motion.js';

/** Begins a run with what its user said: at once, or when its turn has come. */
@Injectable()
export class BeginRun {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly leases: Leases,
    private readonly setInMotion: SetInMotion,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /**
   * @param said.agent the one the user named; null = whom they chose before, or else the classification decides
   * @param begin makes the run active
   * @param store stores it; where the session is busy, the unit of work fails with SessionBusy
   */
  async execute(
    tx: Transaction,
    session: Session,
    said: { content: string; agent: string | null },
    begin: (beginning: Beginning) => Run,
    store: (run: Run) => Promise<void>,
  ): Promise<{ run: Run; message: NewMessage; openCall: LlmCall | null }> {
    const now = this.clock.now();
    const chosen = said.agent ?? (session.agentChosenByUser ? session.agent : undefined);
    const agent = chosen ?? this.agents.receptionist().id;
    const entry = this.agents.classifies(agent) ? 'receive_message' : 'receive_directed_message';
    const run = begin({ agent, entry, lease: this.leases.next(), now });
    const events = run.pullEvents();
    const message = newMessage({
      id: this.ids.next(),
      sessionId: session.id,
      runId: run.id,
      role: 'user',
      content: said.content,
      createdAt: now,
    });
    const openCall = await this.setInMotion.execute(tx, run, null, async () => {
      await store(run);
      await tx.get(MessageRepository).append(message);
      tx.record(messageCreated(message), ...events);
    });
    if (said.agent && (said.agent !== session.agent || !session.agentChosenByUser)) {
      session.handOver({
        id: this.ids.next(),
        from: session.agent,
        to: said.agent,
        by: 'user',
        reason: 'named by the user',
        confidence: null,
        runId: run.id,
        createdAt: now,
      });
      await tx.get(SessionRepository).save(session);
    }
    return { run, message, openCall };
  }
}
