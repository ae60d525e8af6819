import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { AgentRegistry } from '../../agents/index.js';
import { messageStarted } from '../../conversations/index.js';
import { LlmCall, LlmCallRepository } from '../../models/index.js';
import { nextStep } from '../domain/next-step.js';
import { Run } from '../domain/run.js';
import { ModelCalls } from './model-calls.js';

/**
 * Stores a run that is set in motion, and enters its next model call in the same unit of work: whoever carries it on asks
 * the model at once. One commit less before the first word.
 */
@Injectable()
export class SetInMotion {
  constructor(
    private readonly agents: AgentRegistry,
    private readonly calls: ModelCalls,
    private readonly config: Config,
  ) {}

  /**
   * @param subtaskId the subtask of a plan that the run is at
   * @param store stores the run, and what happens before its agent begins to speak
   * @returns the call that is entered, where one is
   */
  async execute(
    tx: Transaction,
    run: Run,
    subtaskId: string | null,
    store: () => Promise<void>,
  ): Promise<LlmCall | null> {
    const step = nextStep(run.snapshot(), subtaskId !== null);
    const asks = step === 'classify' || step === 'ask_model';
    if (!asks || !run.mayCallModel(this.config.modelCallLimit)) {
      await store();
      return null;
    }
    run.beginModelCall();
    await store();
    const state = run.snapshot();
    const purpose = step === 'classify' ? 'classification' : 'answer';
    const call = this.calls.next(state, this.agents.get(state.agent), purpose);
    await tx.get(LlmCallRepository).add(call);
    const { id: runId, sessionId, agent, jobId, leaseToken } = state;
    if (call.messageId) {
      const message = { id: call.messageId, sessionId, runId, agent, subtaskId, jobId };
      tx.record(messageStarted(message, leaseToken ?? undefined));
    }
    return call;
  }
}
