import { Injectable } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Transaction } from '../../../../shared/application/unit-of-work.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { DomainEvent } from '../../../../shared/domain/domain-event.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { Agent, AgentDirectory, StoredAgents } from '../../../agents/index.js';
import { ThreadReader, threadOf } from '../../../context/index.js';
import { messageStarted } from '../../../conversations/index.js';
import { LlmCall, LlmCallRepository } from '../../../models/index.js';
import { nextStep } from '../../domain/next-step.js';
import { RunState } from '../../domain/run-state.js';
import { Run } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ChooseModel } from './choose-model.js';
import { RunWriter } from './run-writer.js';
import { TakeSteers } from './take-steers.js';

/** A run's entries in the ledger of model calls: a row is opened before each request and settled after it. */
@Injectable()
export class ModelCalls {
  constructor(
    private readonly patience: DatabasePatience,
    private readonly runWriter: RunWriter,
    private readonly agents: AgentDirectory,
    private readonly chooseModel: ChooseModel,
    private readonly reader: ThreadReader,
    private readonly takeSteers: TakeSteers,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /** Only an answer gets a message id. */
  create(run: RunState, agent: Agent, purpose: 'answer' | 'classification'): LlmCall {
    return {
      id: this.ids.next(),
      sessionId: run.sessionId,
      runId: run.id,
      jobId: null,
      messageId: purpose === 'answer' ? this.ids.next() : null,
      agent: run.agent,
      purpose,
      model:
        purpose === 'answer' ? this.chooseModel.answering(run, agent) : this.chooseModel.classifying(agent),
      startedAt: this.clock.now(),
    };
  }

  /**
   * Opens a call and counts it on its run, in a unit of work of its own.
   * @param agent the one that is asked
   * @param started recorded with it: the message that the call begins. What the user has said meanwhile comes before
   * @returns false if the run is at its limit of model calls: it is finished then
   */
  async open(
    state: RunState,
    call: LlmCall,
    agent: Agent,
    signal: AbortSignal,
    started?: DomainEvent<'message.started'>,
  ): Promise<boolean> {
    return this.patience.write('begin_model_call', signal, async (tx) => {
      const run = await tx.get(RunRepository).getLeased(state);
      if (!this.mayAsk(run, agent)) {
        run.exhaustModelCalls(this.limitOf(agent), this.clock.now());
        await this.runWriter.save(tx, run);
        return false;
      }
      if (!(await tx.get(LlmCallRepository).start(call))) return true;
      run.countModelCall();
      if (started) {
        await this.takeSteers.take(tx, run, started.data.subtask_id ?? null);
        tx.record(started);
      }
      await this.runWriter.save(tx, run);
      return true;
    });
  }

  /**
   * Makes the next call of a run and counts it; null if the next step asks no model. `openFirst` stores it in the
   * unit of work that activates or resumes the run, which saves a commit before the first token.
   * @param subtaskId the current subtask of the plan
   */
  async createFirst(tx: Transaction, run: Run, subtaskId: string | null): Promise<LlmCall | null> {
    const step = nextStep(run.snapshot(), subtaskId !== null);
    if (step !== 'classify' && step !== 'ask_model') return null;
    const agent = await this.agents.ofRun(run.snapshot(), run.agent, tx.get(StoredAgents));
    if (!this.mayAsk(run, agent)) return null;
    run.countModelCall();
    const purpose = step === 'classify' ? 'classification' : 'answer';
    return this.create(run.snapshot(), agent, purpose);
  }

  /** Whether another call is within the limits of runs and of the agent that is asked. */
  mayAsk(run: Run, agent: Agent): boolean {
    return run.mayCallModel(this.limitOf(agent));
  }

  /** Stores the call of `createFirst`, after the run itself and the messages that it is about. */
  async openFirst(tx: Transaction, run: Run, call: LlmCall | null, subtaskId: string | null): Promise<void> {
    if (!call) return;
    await tx.get(LlmCallRepository).add(call);
    if (call.messageId === null) return;
    const state = run.snapshot();
    const { toolsDigest, workspaceDigest } = state;
    this.reader.readAhead(tx, call, { thread: threadOf(state, subtaskId), toolsDigest, workspaceDigest });
    const { id: runId, sessionId, agent, jobId, leaseToken } = state;
    const message = { id: call.messageId, sessionId, runId, agent, subtaskId, jobId };
    tx.record(messageStarted(message, leaseToken ?? undefined));
  }

  private limitOf({ maxModelCalls = Infinity }: Agent): number {
    return Math.min(this.config.modelCallLimit, maxModelCalls);
  }
}
