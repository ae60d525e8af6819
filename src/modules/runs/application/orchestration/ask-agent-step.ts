import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import {
  ContextMetrics,
  ContextRequest,
  PrepareContext,
  PrepareTurn,
  PreparedContext,
} from '../../../context/index.js';
import { ContextUsage, messageDiscarded, messageStarted } from '../../../conversations/index.js';
import {
  askWithRetries,
  completedCall,
  failedCall,
  Fallbacks,
  LlmCall,
  LlmCallRepository,
  ModelAnswer,
  ModelError,
  ModelRequest,
} from '../../../models/index.js';
import { PlanState } from '../../../plans/index.js';
import { ModelSwitch, RunError } from '../../domain/run.js';
import { RunRepository } from '../../domain/run.repository.js';
import { errorOf, isDetached, toRunError } from '../lifecycle/endings.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RecordFailure } from '../lifecycle/record-failure.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { RunMetrics } from '../run-metrics.js';
import { RunAtWork } from '../run.queries.js';
import { ApplyReply } from './apply-reply.js';
import { ContinueReply, isCutText } from './continue-reply.js';
import { COMPLETED, OUT_OF_CALLS, STOPPED, StepEnd } from './step-end.js';
import { ShownMessage, StreamReply } from './stream-reply.js';
import { Turn } from './turn.js';

/** An incomplete message of a model. */
interface Draft extends ShownMessage {
  readonly turn: Turn;
  readonly call: LlmCall;
}

/** The step that asks the agent: one model call, with its retries, and the consequences of its reply. */
@Injectable()
export class AskAgentStep {
  private readonly logger = new Logger(AskAgentStep.name);

  constructor(
    private readonly prepareTurn: PrepareTurn,
    private readonly prepareContext: PrepareContext,
    private readonly contextMetrics: ContextMetrics,
    private readonly streamReply: StreamReply,
    private readonly continueReply: ContinueReply,
    private readonly calls: ModelCalls,
    private readonly chooseModel: ChooseModel,
    private readonly fallbacks: Fallbacks,
    private readonly runWriter: RunWriter,
    private readonly reply: ApplyReply,
    private readonly failure: RecordFailure,
    private readonly deltas: DeltaLog,
    private readonly patience: DatabasePatience,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /**
   * @param plan the plan that the run executes, if it does
   * @param classifiedMs duration of the model call that classified the task; undefined if this process has made none
   */
  async ask(
    run: RunAtWork,
    plan: PlanState | undefined,
    signal: AbortSignal,
    classifiedMs?: number,
  ): Promise<StepEnd> {
    const turn: Turn = { run, ...(await this.prepareTurn.of(run, plan, signal)) };
    const first = this.draft(turn, run.openCall);
    let draft = first;
    if (!run.openCall && !(await this.calls.open(run, draft.call, turn.agent, signal, started(draft))))
      return OUT_OF_CALLS;
    const reasoningEffort = this.chooseModel.effort(run, turn.agent);
    const { temperature } = turn.agent;
    const requestOf = ({ messages, tools, tokens }: PreparedContext): ModelRequest => ({
      model: draft.call.model,
      messages,
      tools,
      promptTokens: tokens,
      cacheKey: run.sessionId,
      ...(reasoningEffort !== undefined && { reasoningEffort }),
      ...(temperature !== undefined && { temperature }),
    });
    const callsBefore = run.usage.modelCalls - (run.openCall ? 1 : 0);
    const isFirst = callsBefore === (classifiedMs === undefined ? 0 : 1);
    try {
      let context = await this.prepareContext.prepare(contextFor(draft, signal));
      const policy = {
        maxRetries: this.config.llm.maxRetries,
        signal,
        onRetry: ({ code }: ModelError, retry: number) =>
          this.logger.warn({ run_id: run.id, code, retry }, 'the model is asked again'),
        fallBack: async (error: ModelError) => {
          const left = draft.turn.run.modelSwitches.map(({ from }) => from);
          const model = this.fallbacks.next(requestOf(context), left);
          if (model === undefined) return false;
          draft = await this.switchModel(draft, model, error, signal);
          return true;
        },
      };
      const ask = () =>
        askWithRetries(policy, async (retry, failure) => {
          if (failure) draft = await this.retry(draft, failure, signal);
          const isMeasured = isFirst && draft === first && !context.isCompacted;
          const modelMs = isMeasured ? (classifiedMs ?? 0) : undefined;
          return this.streamReply.stream(run, { ...requestOf(context), retry }, draft, modelMs, signal);
        });
      const answer = await ask().catch(async (error: unknown) => {
        if (!isTooLong(error) || signal.aborted) throw error;
        const smaller = await this.prepareContext.afterRefusal(contextFor(draft, signal), context);
        if (!smaller) throw error;
        draft = await this.retry(draft, error, signal);
        context = smaller;
        return ask();
      });
      if (answer.usage) this.contextMetrics.estimated(context.tokens, answer.usage.promptTokens);
      const next =
        isCutText(answer) &&
        (await this.continueReply.open(draft.turn.run, turn.agent, draft.call, answer, signal));
      if (!next) {
        const outcome = completedCall(answer, this.clock.now());
        const reply = { ...draft, answer, outcome, context: usageOf(context, answer) };
        return { ...COMPLETED, run: await this.reply.apply(reply) };
      }
      draft = { ...draft, call: next, usedBefore: answer.usage };
      const whole = await this.continueReply.ask(run, requestOf(context), answer, draft, signal);
      await this.deltas.flushed(draft.messageId); // also where the model broke off
      const reply = { ...draft, ...whole, context: usageOf(context, answer, whole.answer) };
      return { ...COMPLETED, run: await this.reply.apply(reply) };
    } catch (error) {
      return this.end(draft, error, signal);
    }
  }

  /** @param open the call that was opened when the run was activated */
  private draft(turn: Turn, open: LlmCall | null = null): Draft {
    const call = open ?? this.calls.create(turn.run, turn.agent, 'answer');
    const nothing = { text: '', reasoning: '', usedBefore: null, used: null };
    return { turn, messageId: call.messageId!, call, ...nothing };
  }

  private async retry(before: Draft, error: ModelError, signal: AbortSignal): Promise<Draft> {
    const next = await this.follow('retry_model_call', before, error, signal);
    this.metrics.retried(next.call.model, error.code);
    return next;
  }

  /** The same by another model, which answers for the rest of the run. */
  private async switchModel(
    before: Draft,
    to: string,
    error: ModelError,
    signal: AbortSignal,
  ): Promise<Draft> {
    const change = { from: before.call.model, to };
    const next = await this.follow('switch_model', before, error, signal, change);
    this.logger.warn({ run_id: next.turn.run.id, ...change, code: error.code }, 'another model answers');
    return next;
  }

  /** Settles the failed call and opens the next. Readers are told to discard the text of the failed one. */
  private async follow(
    operation: string,
    before: Draft,
    error: ModelError,
    signal: AbortSignal,
    change?: ModelSwitch,
  ): Promise<Draft> {
    await this.deltas.flushed(before.messageId);
    const { turn } = before;
    const model = change?.to ?? before.call.model;
    const fresh = this.draft({ ...turn, run: { ...turn.run, model } });
    const isShown = before.text !== '' || before.reasoning !== '';
    const next = isShown ? fresh : sameMessage(fresh, before.messageId);
    const isNew = next.messageId !== before.messageId;
    const run = await this.patience.write(operation, signal, async (tx) => {
      const current = await tx.get(RunRepository).getLeased(turn.run);
      const failed = failedCall(error, before.used, this.clock.now());
      if (!(await tx.get(LlmCallRepository).settle(before.call.id, failed))) return current.snapshot();
      current.addUsage(before.used);
      await tx.get(LlmCallRepository).add(next.call);
      if (isNew) tx.record(messageDiscarded(toMessage(before), error.code));
      if (change) current.switchModel(change, error.code);
      if (change || before.used) await this.runWriter.save(tx, current);
      if (isNew) tx.record(started(next));
      return current.snapshot();
    });
    return { ...next, turn: { ...turn, run } };
  }

  /** @throws the error if another process executes the run by now */
  private async end(draft: Draft, error: unknown, signal: AbortSignal): Promise<StepEnd> {
    if (isDetached(error, signal)) throw error;
    await this.deltas.flushed(draft.messageId);
    if (signal.aborted) {
      await this.reply.cut(draft, signal.reason);
      return STOPPED;
    }
    const failure =
      error instanceof ModelError
        ? toRunError(error, this.clock.now())
        : errorOf(error, this.logger, draft.turn.run.id);
    return this.fail(draft, failure);
  }

  private async fail(draft: Draft, error: RunError): Promise<StepEnd> {
    await this.patience.writeOutcome('fail_run', async (tx) => {
      const run = await tx.get(RunRepository).getLeased(draft.turn.run);
      const failed = failedCall(error, draft.used, this.clock.now());
      if (!(await tx.get(LlmCallRepository).settle(draft.call.id, failed))) return;
      run.addUsage(draft.used);
      tx.record(messageDiscarded(toMessage(draft), error.code));
      await this.failure.record(tx, run, error);
    });
    return { outcome: error.code };
  }
}

const isTooLong = (error: unknown): error is ModelError =>
  error instanceof ModelError && error.code === 'model.context_exceeded';

const contextFor = ({ turn, call }: Draft, signal: AbortSignal): ContextRequest => ({
  turn,
  call,
  work: {
    owner: { runId: turn.run.id, jobId: null },
    hold: (tx) => tx.get(RunRepository).getLeased(turn.run),
    signal,
  },
});

/** @param whole the answer to the first request, with what was added after the output limit had cut it off */
const usageOf = (
  { tokens, window }: PreparedContext,
  { usage }: ModelAnswer,
  whole: Pick<ModelAnswer, 'usage'> = { usage },
): ContextUsage => ({
  contextTokens: (usage?.promptTokens ?? tokens) + (whole.usage?.completionTokens ?? 0),
  contextWindow: window,
});

/** Readers have received nothing of the message, so the next attempt can use its id. */
const sameMessage = (draft: Draft, messageId: string): Draft => ({
  ...draft,
  messageId,
  call: { ...draft.call, messageId },
});

const started = (draft: Draft) => messageStarted(toMessage(draft), draft.turn.run.leaseToken ?? undefined);

const toMessage = ({ turn, messageId }: Draft) => ({
  id: messageId,
  sessionId: turn.run.sessionId,
  runId: turn.run.id,
  agent: turn.agent.id,
  subtaskId: turn.subtaskId,
  jobId: turn.run.jobId,
});
