import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { DomainEvent } from '../../../../shared/domain/domain-event.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { messageStarted } from '../../../conversations/index.js';
import { LlmCall, LlmCallRepository } from '../../../models/index.js';
import { nextStep } from '../../domain/next-step.js';
import { Run, RunState } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ChooseModel } from './choose-model.js';
import { PromptWindow } from './prompt-window.js';
import { RunWriter } from './run-writer.js';

/** A run's entries in the ledger of model calls: a row is opened before each request and settled after it. */
@Injectable()
export class ModelCalls {
  constructor(
    private readonly patience: DatabasePatience,
    private readonly runWriter: RunWriter,
    private readonly chooseModel: ChooseModel,
    private readonly window: PromptWindow,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** Only an answer gets a message id. */
  create(run: RunState, purpose: 'answer' | 'classification'): LlmCall {
    return {
      id: this.ids.next(),
      sessionId: run.sessionId,
      runId: run.id,
      jobId: null,
      messageId: purpose === 'answer' ? this.ids.next() : null,
      agent: run.agent,
      purpose,
      model: purpose === 'answer' ? this.chooseModel.answering(run) : this.chooseModel.classifying(run),
      startedAt: this.clock.now(),
    };
  }

  /**
   * Opens a call and counts it on its run, in a unit of work of its own.
   * @param started recorded with it: the message that the call begins
   * @returns false if the run is at its limit of model calls: it is finished then
   */
  async open(
    state: RunState,
    call: LlmCall,
    signal: AbortSignal,
    started?: DomainEvent<'message.started'>,
  ): Promise<boolean> {
    return this.patience.write('begin_model_call', signal, async (tx) => {
      const run = await tx.get(RunRepository).getLeased(state);
      if (!run.mayCallModel(this.config.modelCallLimit)) {
        run.exhaustModelCalls(this.config.modelCallLimit, this.clock.now());
        await this.runWriter.save(tx, run);
        return false;
      }
      if (!(await tx.get(LlmCallRepository).start(call))) return true;
      run.countModelCall();
      if (started) tx.record(started);
      await this.runWriter.save(tx, run);
      return true;
    });
  }

  /**
   * Makes the next call of a run and counts it; null if the next step asks no model. `openFirst` stores it in the
   * unit of work that activates or resumes the run, which saves a commit before the first token.
   * @param subtaskId the current subtask of the plan
   */
  createFirst(run: Run, subtaskId: string | null): LlmCall | null {
    const step = nextStep(run.snapshot(), subtaskId !== null);
    const asks = step === 'classify' || step === 'ask_model';
    if (!asks || !run.mayCallModel(this.config.modelCallLimit)) return null;
    run.countModelCall();
    const purpose = step === 'classify' ? 'classification' : 'answer';
    return this.create(run.snapshot(), purpose);
  }

  /** Stores the call of `createFirst`, after the run itself and the messages that it is about. */
  async openFirst(tx: Transaction, run: Run, call: LlmCall | null, subtaskId: string | null): Promise<void> {
    if (!call) return;
    await tx.get(LlmCallRepository).add(call);
    if (call.messageId === null) return;
    const state = run.snapshot();
    this.window.readAhead(tx, state, call, subtaskId);
    const { id: runId, sessionId, agent, jobId, leaseToken } = state;
    const message = { id: call.messageId, sessionId, runId, agent, subtaskId, jobId };
    tx.record(messageStarted(message, leaseToken ?? undefined));
  }
}
