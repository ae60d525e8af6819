import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../../config/config.js';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import {
  ContextMetrics,
  ContextRequest,
  ImagesHold,
  PrepareContext,
  PreparedContext,
} from '../../../context/index.js';
import { ContextUsage } from '../../../conversations/index.js';
import {
  type AskPolicy,
  askWithRetries,
  completedCall,
  Fallbacks,
  Model,
  ModelAnswer,
  ModelCatalog,
  ModelError,
  ModelRequest,
} from '../../../models/index.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ChooseModel } from '../lifecycle/choose-model.js';
import { Reply } from './apply-reply.js';
import { ContinueReply, WholeAnswer, isCutText } from './continue-reply.js';
import { Draft, Drafts } from './drafts.js';
import { StreamReply } from './stream-reply.js';

/** A reply that models are asked for. */
export interface PendingReply {
  /** The message so far. Each call to a model has a draft of its own; this is the newest one, also after an error. */
  draft: Draft;
  /** Holds the images that models are told for it. */
  readonly images: ImagesHold;
  /** How long the run has waited for models before; undefined if it has been answered before. */
  readonly modelMs: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Asks models until the reply of an agent is there. A call that fails is repeated, and then made to a fallback. A request that
 * is refused is made once more, with another context. An answer that the output limit cuts off is continued, once.
 */
@Injectable()
export class ObtainReply {
  private readonly logger = new Logger(ObtainReply.name);

  constructor(
    private readonly prepareContext: PrepareContext,
    private readonly contextMetrics: ContextMetrics,
    private readonly streamReply: StreamReply,
    private readonly continueReply: ContinueReply,
    private readonly drafts: Drafts,
    private readonly chooseModel: ChooseModel,
    private readonly fallbacks: Fallbacks,
    private readonly models: ModelCatalog,
    private readonly deltas: DeltaLog,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** @throws ModelError, ContextTooLarge, LeaseLost, the reason of the signal */
  async obtain(pending: PendingReply): Promise<Reply> {
    const prepared = await this.prepareContext.prepare(contextFor(pending));
    const { answer, context } = await this.answerTo(prepared, pending);
    if (answer.usage) this.contextMetrics.estimated(context.tokens, answer.usage.promptTokens);
    const whole = (await this.continued(answer, context, pending)) ?? {
      answer,
      outcome: completedCall(answer, this.clock.now()),
    };
    return { ...pending.draft, ...whole, context: this.usageOf(context, answer, whole, pending.draft) };
  }

  /** The answer to a context, or else to another one, where the provider has refused the request with the first. */
  private async answerTo(
    context: PreparedContext,
    pending: PendingReply,
  ): Promise<{ answer: ModelAnswer; context: PreparedContext }> {
    try {
      const modelMs = context.isCompacted ? undefined : pending.modelMs;
      return { answer: await this.ask(context, pending, modelMs), context };
    } catch (error) {
      if (!(error instanceof ModelError) || pending.signal.aborted) throw error;
      const other = await this.prepareContext.afterRefusal(contextFor(pending), context, error);
      if (!other) throw error;
      pending.draft = await this.drafts.retry(pending.draft, error, pending.signal);
      return { answer: await this.ask(other, pending), context: other };
    }
  }

  /** @param modelMs undefined = the time to the first token is not measured; nor is that of a call after one that failed */
  private ask(context: PreparedContext, pending: PendingReply, modelMs?: number): Promise<ModelAnswer> {
    const first = pending.draft;
    return this.insist(context, pending, (request, draft) =>
      this.streamReply.stream(
        draft.turn.run,
        request,
        draft,
        draft === first ? modelMs : undefined,
        pending.signal,
      ),
    );
  }

  /**
   * An answer that the output limit has cut off, with its rest; without it where no model goes on.
   * @returns undefined if the answer is whole, or the run may make no more calls
   */
  private async continued(
    answer: ModelAnswer,
    context: PreparedContext,
    pending: PendingReply,
  ): Promise<WholeAnswer | undefined> {
    const { signal } = pending;
    const next = isCutText(answer) && (await this.continueReply.open(pending.draft, answer, signal));
    if (!next) return undefined;
    pending.draft = next;
    const whole = await this.insist(context, pending, (request, draft) =>
      this.continueReply.ask(request, answer, draft, signal),
    ).catch((error: unknown) => {
      if (signal.aborted || !(error instanceof ModelError)) throw error;
      return this.continueReply.withoutRest(error, answer, pending.draft);
    });
    await this.deltas.flushed(pending.draft.messageId); // also where the model broke off
    return whole;
  }

  /** Makes a request, again after failures that may pass, and then to fallbacks. */
  private insist<T>(
    context: PreparedContext,
    pending: PendingReply,
    make: (request: ModelRequest, draft: Draft) => Promise<T>,
  ): Promise<T> {
    const { signal } = pending;
    const policy: AskPolicy = {
      maxRetries: this.config.llm.maxRetries,
      signal,
      onRetry: ({ code }, retry) =>
        this.logger.warn({ run_id: pending.draft.turn.run.id, code, retry }, 'the model is asked again'),
      fallBack: async (error) => {
        const model = this.fallbackFor(context, pending.draft);
        if (!model) return false;
        pending.draft = await this.drafts.switchModel(pending.draft, model.id, error, signal);
        return true;
      },
    };
    return askWithRetries(policy, async (retry, failure) => {
      if (failure) pending.draft = await this.drafts.retry(pending.draft, failure, signal);
      const { draft } = pending;
      const hasFallback = () => this.fallbackFor(context, draft) !== undefined;
      return make({ ...this.requestOf(context, draft), retry, hasFallback }, draft);
    });
  }

  private fallbackFor(context: PreparedContext, draft: Draft): Model | undefined {
    const left = draft.turn.run.modelSwitches.map(({ from }) => from);
    return this.fallbacks.next(this.requestOf(context, draft), left);
  }

  private requestOf({ messages, tools, tokens }: PreparedContext, { turn, call }: Draft): ModelRequest {
    const { run, agent } = turn;
    const reasoningEffort = this.chooseModel.effort(run, agent);
    return {
      model: call.model,
      messages,
      tools,
      promptTokens: tokens,
      cacheKey: run.sessionId,
      ...(reasoningEffort !== undefined && { reasoningEffort }),
      ...(agent.temperature !== undefined && { temperature: agent.temperature }),
    };
  }

  /** @param first the answer to the context, which a `whole` one may continue */
  private usageOf(
    context: PreparedContext,
    first: ModelAnswer,
    whole: WholeAnswer,
    { call }: Draft,
  ): ContextUsage {
    const told = first.usage?.promptTokens ?? context.tokens;
    return {
      contextTokens: told + (whole.answer.usage?.completionTokens ?? 0),
      contextWindow: this.models.get(call.model).limit.context,
    };
  }
}

const contextFor = ({ draft: { turn, call }, images, signal }: PendingReply): ContextRequest => ({
  turn,
  call,
  images,
  work: {
    owner: { runId: turn.run.id, jobId: null },
    hold: (tx) => tx.get(RunRepository).getLeased(turn.run),
    signal,
  },
});
