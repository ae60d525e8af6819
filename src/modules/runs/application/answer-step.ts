import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { DeltaLog } from '../../../shared/application/delta-log.js';
import { Journal } from '../../../shared/application/journal.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { ToolCatalog } from '../../agents/index.js';
import {
  failedCall,
  LanguageModel,
  LlmCall,
  LlmCallRepository,
  ModelAnswer,
  ModelError,
  ModelListener,
  ModelRequest,
  retryWait,
} from '../../models/index.js';
import { messageDiscarded, messageStarted } from '../../conversations/index.js';
import { PlanState } from '../../plans/index.js';
import { RunError } from '../domain/run.js';
import { held } from './held-run.js';
import { ModelCalls } from './model-calls.js';
import { PrepareTurn, Turn } from './prepare-turn.js';
import { RecordFailure } from './record-failure.js';
import { RecordReply } from './record-reply.js';
import { errorOf, hasLeft } from './run-end.js';
import { RunMetrics } from './run-metrics.js';
import { RunAtWork } from './run.queries.js';
import { SpokenCall } from './spoken-call.js';
import { COMPLETED, OUT_OF_CALLS, STOPPED, StepEnd } from './step-end.js';

/** One message of a model in the making. */
interface Draft {
  readonly turn: Turn;
  readonly messageId: string;
  readonly call: LlmCall;
  /** What readers have been sent so far. */
  shown: string;
}

/** The step of a run in which its agent speaks: one model call, and what its reply sets in motion. */
@Injectable()
export class AnswerStep {
  private readonly logger = new Logger(AnswerStep.name);

  constructor(
    private readonly model: LanguageModel,
    private readonly tools: ToolCatalog,
    private readonly prepare: PrepareTurn,
    private readonly calls: ModelCalls,
    private readonly reply: RecordReply,
    private readonly failure: RecordFailure,
    private readonly deltas: DeltaLog,
    private readonly journal: Journal,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /**
   * @param plan the one that the run carries out; undefined where it carries out none
   * @param classifiedMs how long the model took to classify the task; undefined where this process has not asked it to
   */
  async execute(
    run: RunAtWork,
    plan: PlanState | undefined,
    signal: AbortSignal,
    classifiedMs?: number,
  ): Promise<StepEnd> {
    const turn = await this.prepare.execute(run, plan, signal);
    const request: ModelRequest = {
      model: turn.agent.model ?? this.config.defaultModel,
      messages: turn.messages,
      tools: this.tools.describe(turn.agent.tools),
    };
    let draft = this.draft(turn, run.openCall);
    const { call } = draft;
    if (!run.openCall && !(await this.calls.begin(run, call, signal, (tx) => begin(tx, draft)))) {
      return OUT_OF_CALLS;
    }
    const callsBefore = run.usage.modelCalls - (run.openCall ? 1 : 0);
    const isFirst = callsBefore === (classifiedMs === undefined ? 0 : 1);
    for (let retries = 0; ; retries++) {
      try {
        const answer = await this.ask(
          { ...request, retry: retries },
          draft,
          isFirst && retries === 0 ? (classifiedMs ?? 0) : undefined,
          signal,
        );
        return { ...COMPLETED, run: await this.reply.execute({ ...draft, answer }) };
      } catch (error) {
        if (hasLeft(error, signal)) throw error;
        await this.deltas.flushed(draft.messageId);
        if (signal.aborted) return await this.cut(draft, signal.reason);
        if (!(error instanceof ModelError)) return await this.failByDefect(draft, error);
        if (!error.retryable || retries >= this.config.llm.maxRetries) return await this.fail(draft, error);
        this.logger.warn(
          { run_id: run.id, code: error.code, retry: retries + 1 },
          'the model is asked again',
        );
        await retryWait(error, retries, signal);
        if (hasLeft(error, signal)) throw error;
        if (signal.aborted) return await this.cut(draft, signal.reason);
        draft = await this.retry(draft, error, signal);
        this.metrics.retried(request.model, error.code);
      }
    }
  }

  /** @param open the call that is entered already */
  private draft(turn: Turn, open: LlmCall | null = null): Draft {
    const call = open ?? this.calls.next(turn.run, turn.agent, 'answer');
    return { turn, messageId: call.messageId!, call, shown: '' };
  }

  /**
   * @param modelMs how long the run has waited for the model before; undefined where nobody knows: else the rest of the
   * time until its first word is ours
   */
  private async ask(
    request: ModelRequest,
    draft: Draft,
    modelMs: number | undefined,
    signal: AbortSignal,
  ): Promise<ModelAnswer> {
    const {
      turn: { run },
      messageId,
    } = draft;
    let firstShownAt: Promise<Date> | undefined;
    const spoken = new SpokenCall();
    const show = (text: string) => {
      if (text === '') return;
      this.deltas.append({
        sessionId: run.sessionId,
        runId: run.id,
        messageId,
        offset: draft.shown.length,
        text,
        token: run.leaseToken ?? '',
      });
      draft.shown += text;
      firstShownAt ??= this.deltas.flushed(messageId).then(() => this.clock.now());
    };
    const listener: ModelListener = {
      onText: show,
      onFirstCall: (toolName, argumentsSoFar) => {
        show(spoken.grow(toolName, argumentsSoFar, draft.shown !== ''));
      },
    };
    const answer = await this.model.answer(request, listener, signal);
    // Before a message is completed, its deltas are stored.
    await this.deltas.flushed(messageId);
    if (firstShownAt && modelMs !== undefined) {
      const elapsedMs = (await firstShownAt).getTime() - (run.startedAt ?? run.createdAt).getTime();
      this.metrics.addedToFirstToken(Math.max(0, elapsedMs - modelMs - answer.firstTokenMs) / 1000);
    }
    return answer;
  }

  /** Settles the failed call and begins the next. What readers were shown of the answer is taken back. */
  private async retry(before: Draft, error: ModelError, signal: AbortSignal): Promise<Draft> {
    const fresh = this.draft(before.turn);
    const next = before.shown === '' ? sameMessage(fresh, before.messageId) : fresh;
    await this.journal.write('retry_model_call', signal, async (tx) => {
      await held(tx, before.turn.run);
      if (!(await tx.get(LlmCallRepository).settle(before.call.id, failedCall(error, this.clock.now()))))
        return;
      await tx.get(LlmCallRepository).add(next.call);
      if (next.messageId === before.messageId) return;
      tx.record(messageDiscarded(toBegun(before), error.code));
      begin(tx, next);
    });
    return next;
  }

  /** What nobody thought of ends the run as well, and readers forget what they were shown of the message. */
  private failByDefect(draft: Draft, error: unknown): Promise<StepEnd> {
    return this.fail(draft, errorOf(error, this.logger, draft.turn.run.id));
  }

  private async fail(draft: Draft, error: RunError): Promise<StepEnd> {
    await this.journal.writeOutcome('fail_run', async (tx) => {
      const run = await held(tx, draft.turn.run);
      if (!(await tx.get(LlmCallRepository).settle(draft.call.id, failedCall(error, this.clock.now()))))
        return;
      tx.record(messageDiscarded(toBegun(draft), error.code));
      await this.failure.execute(tx, run, error);
    });
    return { outcome: error.code };
  }

  /** The run has to stop: what has been said is kept. */
  private async cut(draft: Draft, reason: unknown): Promise<StepEnd> {
    await this.reply.cut({ ...draft, content: draft.shown, reason });
    return STOPPED;
  }
}

/** Nothing was shown of the message: readers need not hear of another try. */
const sameMessage = (draft: Draft, messageId: string): Draft => ({
  ...draft,
  messageId,
  call: { ...draft.call, messageId },
});

const begin = (tx: Transaction, draft: Draft): void =>
  tx.record(messageStarted(toBegun(draft), draft.turn.run.leaseToken ?? undefined));

const toBegun = ({ turn, messageId }: Draft) => ({
  id: messageId,
  sessionId: turn.run.sessionId,
  runId: turn.run.id,
  agent: turn.agent.id,
  subtaskId: turn.subtaskId,
  jobId: turn.run.jobId,
});
