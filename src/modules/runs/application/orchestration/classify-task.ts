import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { TokenUsage } from '../../../../shared/domain/token-usage.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { Agent, AgentDirectory, AgentRoster } from '../../../agents/index.js';
import {
  abortedCall,
  completedCall,
  failedCall,
  LanguageModel,
  LlmCall,
  LlmCallOutcome,
  LlmCallRepository,
  ModelAnswer,
  ModelError,
} from '../../../models/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import { Classification, classifyByKeywords } from '../../domain/classification.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { isDetached } from '../lifecycle/endings.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RunAtWork } from '../run.queries.js';
import { askForClassification, readClassification } from './classification-prompt.js';
import { COMPLETED, OUT_OF_CALLS, StepEnd } from './step-end.js';

/** The step that classifies the task and chooses the agent for it. */
@Injectable()
export class ClassifyTask {
  private readonly logger = new Logger(ClassifyTask.name);

  constructor(
    private readonly agents: AgentDirectory,
    private readonly model: LanguageModel,
    private readonly chooseModel: ChooseModel,
    private readonly calls: ModelCalls,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Asks the model once; if that fails, keywords of the task decide. */
  async classify(run: RunAtWork, given: Promise<string>, signal: AbortSignal): Promise<StepEnd> {
    const [task, orchestrator, agents] = await Promise.all([
      given,
      this.patience.read('read_agent', signal, () => this.agents.ofRun(run, run.agent)),
      this.patience.read('read_agents', signal, () => this.agents.ofUser(run.userId)),
    ]);
    const call = run.openCall ?? this.calls.create(run, orchestrator, 'classification');
    if (!run.openCall && !(await this.calls.open(run, call, orchestrator, signal))) return OUT_OF_CALLS;
    const candidates = agents.classified();
    let answer: ModelAnswer | undefined;
    let outcome: LlmCallOutcome;
    let used: TokenUsage | null = null;
    let end = COMPLETED;
    const askedAt = performance.now();
    try {
      answer = await this.model.answer(
        { model: call.model, tools: [], ...askForClassification(task, candidates) },
        { onText: () => undefined, onUsed: (usage) => (used = usage) },
        signal,
      );
      outcome = completedCall(answer, this.clock.now());
    } catch (error) {
      if (signal.aborted && !isDetached(error, signal)) await this.settleAborted(run, call, used);
      if (signal.aborted || !(error instanceof ModelError)) throw error;
      this.logger.warn(
        { run_id: run.id, code: error.code },
        'no classification by the model; by keywords instead',
      );
      outcome = failedCall(error, used, this.clock.now());
      end = { outcome: error.code };
    }
    const modelMs = performance.now() - askedAt;
    const read = answer && readClassification(answer.content, candidates);
    const { result, agent } = read ?? byKeywords(task, agents);
    await this.patience.write('save_classification', signal, async (tx) => {
      const current = await tx.get(RunRepository).getLeased(run);
      if (!(await tx.get(LlmCallRepository).settle(call.id, outcome))) return;
      current.addUsage(outcome.usage);
      const to = agent.id;
      current.classify(result, this.chooseModel.agent(agent));
      const session = await tx.get(SessionRepository).get(run.sessionId, run.userId);
      session.handOver({
        id: this.ids.next(),
        from: run.agent,
        to,
        by: 'runtime',
        reason: result.reason,
        confidence: result.confidence,
        runId: run.id,
        createdAt: this.clock.now(),
      });
      await tx.get(RunRepository).save(current);
      await tx.get(SessionRepository).save(session);
    });
    return { ...end, modelMs };
  }

  /** The run ends in a unit of work of its own. */
  private async settleAborted(run: RunAtWork, { id }: LlmCall, used: TokenUsage | null): Promise<void> {
    await this.patience.writeOutcome('abort_classification', async (tx) => {
      const current = await tx.get(RunRepository).getLeased(run);
      if (!(await tx.get(LlmCallRepository).settle(id, abortedCall(used, this.clock.now())))) return;
      current.addUsage(used);
      await tx.get(RunRepository).save(current);
    });
  }
}

/** An installation may have replaced or removed the agent that the keywords mean. */
function byKeywords(task: string, agents: AgentRoster): { result: Classification; agent: Agent } {
  const result = classifyByKeywords(task);
  const agent = agents.classified().find(({ id }) => id === result.agent);
  return agent ? { result, agent } : { result: { ...result, isAtomic: true }, agent: agents.singleAgent() };
}
