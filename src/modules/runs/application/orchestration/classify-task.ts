import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { TokenUsage } from '../../../../shared/domain/token-usage.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { JsonObject } from '../../../../shared/domain/json.js';
import { storableText } from '../../../../shared/domain/storable.js';
import {
  completedCall,
  failedCall,
  LanguageModel,
  LlmCallOutcome,
  LlmCallRepository,
  ModelAnswer,
  ModelError,
} from '../../../models/index.js';
import { SessionRepository } from '../../../sessions/index.js';
import {
  AGENT_OF,
  CONFIDENCES,
  Classification,
  TASK_KINDS,
  TaskKind,
  classifyByKeywords,
} from '../../domain/classification.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RunAtWork } from '../run.queries.js';
import { COMPLETED, OUT_OF_CALLS, StepEnd } from './step-end.js';

const PROMPT = `Classify the task of a developer.
is_atomic: false only when it needs a plan: several steps over several files, or a design to be agreed on first.
agent: code (write or change code), debug (find the cause of a fault), explain (answer a question),
plan (not atomic: always this one). confidence: how sure you are. reason: one short sentence.`;

/** The limit for the reason that a user gives for a switch. */
const LONGEST_REASON = 1000;

const SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    is_atomic: { type: 'boolean' },
    agent: { type: 'string', enum: [...TASK_KINDS] },
    confidence: { type: 'string', enum: [...CONFIDENCES] },
    reason: { type: 'string' },
  },
  required: ['is_atomic', 'agent', 'confidence', 'reason'],
  additionalProperties: false,
};

/** The step that classifies the task and chooses the agent for it. */
@Injectable()
export class ClassifyTask {
  private readonly logger = new Logger(ClassifyTask.name);

  constructor(
    private readonly model: LanguageModel,
    private readonly chooseModel: ChooseModel,
    private readonly calls: ModelCalls,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  /** Asks the model once; if that fails, keywords of the task decide. */
  async classify(run: RunAtWork, task: string, signal: AbortSignal): Promise<StepEnd> {
    const call = run.openCall ?? this.calls.create(run, 'classification');
    if (!run.openCall && !(await this.calls.open(run, call, signal))) return OUT_OF_CALLS;
    let answer: ModelAnswer | undefined;
    let outcome: LlmCallOutcome;
    let used: TokenUsage | null = null;
    let end = COMPLETED;
    const askedAt = performance.now();
    try {
      const messages = [
        { role: 'system' as const, content: PROMPT },
        { role: 'user' as const, content: task },
      ];
      const responseFormat = { name: 'task_classification', schema: SCHEMA };
      answer = await this.model.answer(
        { model: call.model, messages, tools: [], responseFormat },
        { onText: () => undefined, onUsed: (usage) => (used = usage) },
        signal,
      );
      outcome = completedCall(answer, this.clock.now());
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelError)) throw error;
      this.logger.warn(
        { run_id: run.id, code: error.code },
        'no classification by the model; by keywords instead',
      );
      outcome = failedCall(error, used, this.clock.now());
      end = { outcome: error.code };
    }
    const modelMs = performance.now() - askedAt;
    const result = (answer && parseClassification(answer.content)) ?? classifyByKeywords(task);
    await this.patience.write('save_classification', signal, async (tx) => {
      const current = await tx.get(RunRepository).getLeased(run);
      if (!(await tx.get(LlmCallRepository).settle(call.id, outcome))) return;
      current.addUsage(outcome.usage);
      const to = AGENT_OF[result.agent];
      current.classify(result, this.chooseModel.agent(to));
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
}

/** Undefined if the reply does not match the schema. */
function parseClassification(content: string): Classification | undefined {
  try {
    const given = JSON.parse(content) as Partial<Record<string, unknown>>;
    const { is_atomic: isAtomic, agent, confidence, reason } = given;
    if (typeof isAtomic !== 'boolean' || typeof reason !== 'string') return undefined;
    if (!isOneOf(TASK_KINDS, agent) || !isOneOf(CONFIDENCES, confidence)) return undefined;
    const kind: TaskKind = isAtomic ? agent : 'plan';
    return {
      isAtomic: isAtomic && kind !== 'plan',
      agent: kind,
      confidence,
      reason: storableText(reason.slice(0, LONGEST_REASON)),
    };
  } catch {
    return undefined; // not JSON: the keywords decide
  }
}

const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T =>
  (values as readonly unknown[]).includes(value);
