import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { AgentRegistry } from '../../../agents/index.js';
import { messageStarted, newMessage } from '../../../conversations/index.js';
import { Plan, PlanRepository } from '../../../plans/index.js';
import { RunError } from '../../domain/run-failure.js';
import { appendSpoken } from './spoken-message.js';
import { summarise } from './summarise-plan.js';

/** Ends a plan. If it was being executed, its summary is added to the session's main history. */
@Injectable()
export class EndPlan {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** @param ending what ends it, or the error that it fails with; @throws PlanTransitionNotAllowed */
  async end(
    tx: Transaction,
    plan: Plan,
    ending: 'complete' | 'cancel' | RunError,
    given: { by: string; reason?: string },
  ): Promise<void> {
    const wasExecuting = plan.status === 'executing';
    const now = this.clock.now();
    const act = { id: this.ids.next(), ...given, now };
    if (typeof ending === 'string') plan[ending](act);
    else plan.fail(ending, act);
    await tx.get(PlanRepository).save(plan);
    if (!wasExecuting) return;
    const { sessionId, runId } = plan.snapshot();
    const agent = this.agents.defaultAgent().id;
    const said = { id: this.ids.next(), sessionId, runId, agent };
    tx.record(messageStarted({ ...said, subtaskId: null, jobId: null }));
    await appendSpoken(
      tx,
      newMessage({
        ...said,
        role: 'assistant',
        content: summarise(plan.snapshot()),
        finishReason: 'stop',
        createdAt: now,
      }),
    );
  }
}
