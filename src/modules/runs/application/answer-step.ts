import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { DeltaLog } from '../../../shared/application/delta-log.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import {
  Agent,
  AgentRegistry,
  LanguageModel,
  ModelAnswer,
  ModelError,
  ModelListener,
  ModelRequest,
  ToolCatalog,
} from '../../agents/index.js';
import { ConversationQueries } from '../../conversations/index.js';
import { LlmCall, LlmCallRepository } from '../domain/llm-call.js';
import { INTERNAL_ERROR, RunError, RunState } from '../domain/run.js';
import { RunRepository } from '../domain/run.repository.js';
import { buildPrompt } from './build-prompt.js';
import { ModelCalls } from './model-calls.js';
import { RecordReply } from './record-reply.js';
import { RunJournal } from './run-journal.js';
import { RunMetrics } from './run-metrics.js';
import { SpokenCall } from './spoken-call.js';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** One message of a model in the making. */
interface Draft {
  readonly run: RunState;
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
    private readonly agents: AgentRegistry,
    private readonly tools: ToolCatalog,
    private readonly conversations: ConversationQueries,
    private readonly calls: ModelCalls,
    private readonly reply: RecordReply,
    private readonly deltas: DeltaLog,
    private readonly journal: RunJournal,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  async execute(run: RunState, signal: AbortSignal): Promise<void> {
    const agent = this.agents.get(run.agent);
    const request = await this.prepare(run, agent, signal);
    let draft = this.draft(run, agent);
    const begun = await this.calls.begin(draft.call, signal, (tx) => tellStarted(tx, draft, agent));
    if (!begun) return;
    for (let retries = 0; ; retries++) {
      try {
        const answer = await this.ask(request, draft, signal);
        return await this.reply.execute({
          run,
          agent,
          answer,
          call: draft.call,
          messageId: draft.messageId,
          signal,
        });
      } catch (error) {
        await this.deltas.flushed(draft.messageId);
        if (signal.aborted) return await this.interrupt(draft, agent);
        if (!(error instanceof ModelError)) return await this.failByDefect(draft, error, signal);
        if (!error.retryable || retries >= this.config.llm.maxRetries)
          return await this.fail(draft, error, signal);
        this.logger.warn(
          { run_id: run.id, code: error.code, retry: retries + 1 },
          'the model is asked again',
        );
        await this.backOff(error, retries, signal);
        if (signal.aborted) return await this.interrupt(draft, agent);
        draft = await this.retry(draft, agent, error, signal);
      }
    }
  }

  private async prepare(run: RunState, agent: Agent, signal: AbortSignal): Promise<ModelRequest> {
    const limits = { messages: agent.limits.historyMessages, characters: agent.limits.historyCharacters };
    const history = await this.journal.persist('read_history', signal, () =>
      this.conversations.newest(run.sessionId, limits),
    );
    return {
      model: agent.model ?? this.config.defaultModel,
      messages: buildPrompt(agent, history),
      tools: this.tools.describe(agent.tools),
    };
  }

  private draft(run: RunState, agent: Agent): Draft {
    return { run, messageId: this.ids.next(), call: this.calls.next(run, agent, 'answer'), shown: '' };
  }

  private async ask(request: ModelRequest, draft: Draft, signal: AbortSignal): Promise<ModelAnswer> {
    const { run, messageId } = draft;
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
    // Only where this is the run's first call is the time until here ours.
    if (firstShownAt && run.usage.modelCalls === 0) {
      const elapsedMs = (await firstShownAt).getTime() - run.createdAt.getTime();
      this.metrics.addedToFirstToken(Math.max(0, elapsedMs - answer.firstTokenMs) / 1000);
    }
    return answer;
  }

  private async backOff(error: ModelError, retries: number, signal: AbortSignal): Promise<void> {
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** retries, LONGEST_BACKOFF_MS);
    const wait = Math.min(error.retryAfterMs ?? backoff, LONGEST_BACKOFF_MS);
    await pause(wait, undefined, { signal }).catch((reason: unknown) => {
      if (!signal.aborted) throw reason; // else the caller sees to the abort
    });
  }

  /** Settles the failed call and begins the next. What readers were shown of the answer is taken back. */
  private async retry(before: Draft, agent: Agent, error: ModelError, signal: AbortSignal): Promise<Draft> {
    const fresh = this.draft(before.run, agent);
    const next = before.shown === '' ? { ...fresh, messageId: before.messageId } : fresh;
    await this.journal.write('retry_model_call', signal, async (tx) => {
      await tx.get(RunRepository).get(before.run.id);
      if (!(await tx.get(LlmCallRepository).settle(before.call.id, this.calls.failed(error)))) return;
      await tx.get(LlmCallRepository).start(next.call);
      if (next.messageId === before.messageId) return;
      tellDiscarded(tx, before, error.code);
      tellStarted(tx, next, agent);
    });
    return next;
  }

  /** What nobody thought of ends the run as well, and readers forget what they were shown of the message. */
  private async failByDefect(draft: Draft, error: unknown, signal: AbortSignal): Promise<void> {
    this.logger.error({ err: error, run_id: draft.run.id }, 'a run failed by a defect');
    await this.fail(draft, INTERNAL_ERROR, signal);
  }

  private async fail(draft: Draft, error: RunError, signal: AbortSignal): Promise<void> {
    await this.journal.write('fail_run', signal, async (tx) => {
      const runs = tx.get(RunRepository);
      const run = await runs.get(draft.run.id);
      if (!(await tx.get(LlmCallRepository).settle(draft.call.id, this.calls.failed(error)))) return;
      tellDiscarded(tx, draft, error.code);
      run.fail({ code: error.code, message: error.message }, this.clock.now());
      await runs.save(run);
    });
  }

  /** The process ends: what has been said is kept. */
  private async interrupt(draft: Draft, agent: Agent): Promise<void> {
    await this.reply.interrupt({ ...draft, agent, content: draft.shown });
  }
}

const tellStarted = (tx: Transaction, draft: Draft, agent: Agent): void =>
  tx.record({
    type: 'message.started',
    sessionId: draft.run.sessionId,
    runId: draft.run.id,
    data: { message_id: draft.messageId, agent: agent.id },
  });

const tellDiscarded = (tx: Transaction, draft: Draft, reason: string): void =>
  tx.record({
    type: 'message.discarded',
    sessionId: draft.run.sessionId,
    runId: draft.run.id,
    data: { message_id: draft.messageId, reason },
  });
