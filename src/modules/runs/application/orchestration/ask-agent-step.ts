import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import {
  ContextMetrics,
  ContextRequest,
  ImagesHold,
  ImagesInHand,
  PrepareContext,
  PrepareTurn,
  PreparedContext,
} from '../../../context/index.js';
import { ContextUsage, messageDiscarded } from '../../../conversations/index.js';
import {
  askWithRetries,
  completedCall,
  failedCall,
  Fallbacks,
  LlmCallRepository,
  ModelAnswer,
  ModelError,
  ModelRequest,
} from '../../../models/index.js';
import { PlanState } from '../../../plans/index.js';
import { RunError } from '../../domain/run-failure.js';
import { Tool, ToolListRepository, digestOfTool } from '../../../tools/index.js';
import { RunRepository } from '../../domain/run.repository.js';
import { errorOf, isDetached, toRunError } from '../lifecycle/endings.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RecordFailure } from '../lifecycle/record-failure.js';
import { RunAtWork } from '../run.queries.js';
import { ApplyReply } from './apply-reply.js';
import { ContinueReply, isCutText } from './continue-reply.js';
import { Draft, Drafts, started, toMessage } from './drafts.js';
import { COMPLETED, OUT_OF_CALLS, STOPPED, StepEnd } from './step-end.js';
import { StreamReply } from './stream-reply.js';
import { Turn } from './turn.js';

/** The step that asks the agent: one model call, with its retries, and the consequences of its reply. */
@Injectable()
export class AskAgentStep {
  private readonly logger = new Logger(AskAgentStep.name);

  constructor(
    private readonly prepareTurn: PrepareTurn,
    private readonly prepareContext: PrepareContext,
    private readonly imagesInHand: ImagesInHand,
    private readonly contextMetrics: ContextMetrics,
    private readonly streamReply: StreamReply,
    private readonly continueReply: ContinueReply,
    private readonly calls: ModelCalls,
    private readonly drafts: Drafts,
    private readonly chooseModel: ChooseModel,
    private readonly fallbacks: Fallbacks,
    private readonly reply: ApplyReply,
    private readonly failure: RecordFailure,
    private readonly deltas: DeltaLog,
    private readonly patience: DatabasePatience,
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
    const first = this.drafts.begin(turn, run.openCall);
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
    const images = this.imagesInHand.hold();
    try {
      let context = await this.prepareContext.prepare(contextFor(draft, images, signal));
      const fallback = () =>
        this.fallbacks.next(
          requestOf(context),
          draft.turn.run.modelSwitches.map(({ from }) => from),
        );
      const hasFallback = () => fallback() !== undefined;
      const policy = {
        maxRetries: this.config.llm.maxRetries,
        signal,
        onRetry: ({ code }: ModelError, retry: number) =>
          this.logger.warn({ run_id: run.id, code, retry }, 'the model is asked again'),
        fallBack: async (error: ModelError) => {
          const model = fallback();
          if (!model) return false;
          draft = await this.drafts.switchModel(draft, model.id, error, signal);
          context = { ...context, window: model.limit.context };
          return true;
        },
      };
      const insist = <T>(how: (request: ModelRequest) => Promise<T>) =>
        askWithRetries(policy, async (retry, failure) => {
          if (failure) draft = await this.drafts.retry(draft, failure, signal);
          return how({ ...requestOf(context), retry, hasFallback });
        });
      const ask = () =>
        insist((request) => {
          const isMeasured = isFirst && draft === first && !context.isCompacted;
          const modelMs = isMeasured ? (classifiedMs ?? 0) : undefined;
          return this.streamReply.stream(run, request, draft, modelMs, signal);
        });
      const answer = await ask().catch(async (error: unknown) => {
        if (!(error instanceof ModelError) || signal.aborted) throw error;
        const other = await this.prepareContext.afterRefusal(
          contextFor(draft, images, signal),
          context,
          error,
        );
        if (!other) throw error;
        draft = await this.drafts.retry(draft, error, signal);
        context = other;
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
      const { text, reasoning } = draft;
      draft = { ...draft, call: next, kept: { text, reasoning, used: answer.usage } };
      const whole = await insist((request) =>
        this.continueReply.ask(run, request, answer, draft, signal),
      ).catch((error: unknown) => {
        if (signal.aborted || !(error instanceof ModelError)) throw error;
        return this.continueReply.withoutRest(run, error, answer, draft);
      });
      await this.deltas.flushed(draft.messageId); // also where the model broke off
      const reply = { ...draft, ...whole, context: usageOf(context, answer, whole.answer) };
      return { ...COMPLETED, run: await this.reply.apply(reply) };
    } catch (error) {
      return await this.end(draft, error, signal);
    } finally {
      images.release();
    }
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
    const refused = refusedTool(draft, error);
    return this.fail(draft, refused ? toolRefused(draft, refused, failure) : failure, refused);
  }

  /** @param refused the tool of a client that is left out from now on */
  private async fail(draft: Draft, error: RunError, refused?: Tool): Promise<StepEnd> {
    await this.patience.writeOutcome('fail_run', async (tx) => {
      const run = await tx.get(RunRepository).getLeased(draft.turn.run);
      const failed = failedCall(error, draft.used, this.clock.now());
      if (!(await tx.get(LlmCallRepository).settle(draft.call.id, failed))) return;
      run.addUsage(draft.used);
      tx.record(messageDiscarded(toMessage(draft), error.code));
      if (refused) {
        const tool = { digest: digestOfTool(refused.description), model: draft.call.model };
        tx.get(ToolListRepository).refuse(draft.turn.run.sessionId, tool);
      }
      await this.failure.record(tx, run, error);
    });
    return { outcome: error.code };
  }
}

/** The refused tool of a client. If a provider refuses a built-in tool, it refuses the request. */
function refusedTool({ turn }: Draft, error: unknown): Tool | undefined {
  const { toolPlace, toolName } = error instanceof ModelError ? error.facts : {};
  const tool =
    (toolPlace !== undefined && turn.tools.at(toolPlace)) ||
    (toolName !== undefined && turn.tools.find(toolName)) ||
    undefined;
  return tool?.source === 'client' ? tool : undefined;
}

const toolRefused = ({ call }: Draft, { description: { name } }: Tool, failure: RunError): RunError => ({
  ...failure,
  code: 'model.tool_refused',
  message: `The model ${call.model} refuses the tool ${name} of a client; it is left out from the next run on`,
});

const contextFor = ({ turn, call }: Draft, images: ImagesHold, signal: AbortSignal): ContextRequest => ({
  turn,
  call,
  images,
  work: {
    owner: { runId: turn.run.id, jobId: null },
    hold: (tx) => tx.get(RunRepository).getLeased(turn.run),
    signal,
  },
});

/** @param whole the answer to the first request, with the continuation after the output limit */
const usageOf = (
  { tokens, window }: PreparedContext,
  { usage }: ModelAnswer,
  whole: Pick<ModelAnswer, 'usage'> = { usage },
): ContextUsage => ({
  contextTokens: (usage?.promptTokens ?? tokens) + (whole.usage?.completionTokens ?? 0),
  contextWindow: window,
});
