import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { Clock } from '../../../shared/domain/clock.js';
import { Ids } from '../../../shared/domain/ids.js';
import { TokenUsage } from '../../../shared/domain/token-usage.js';
import { LlmCall, LlmCallOutcome, LlmCallRepository } from '../domain/llm-call.js';
import { askWithRetries } from './ask-with-retries.js';
import { abortedCall, completedCall, failedCall } from './call-outcomes.js';
import { LanguageModel, ModelAnswer, ModelError, ModelRequest } from './language-model.js';

/** For whom a model is asked: the run or job that the calls belong to. */
export interface Asker {
  readonly sessionId: string;
  readonly owner: { readonly runId: string } | { readonly jobId: string };
  /** The agent in whose name it is asked. */
  readonly agent: string;
  readonly purpose: LlmCall['purpose'];
  /**
   * Locks the owner.
   * @throws LeaseLost when another process has it
   */
  hold(tx: Transaction): Promise<unknown>;
  readonly signal: AbortSignal;
}

/** An answer, and the row of the ledger that it settled. */
export interface LedgeredAnswer extends ModelAnswer {
  readonly callId: string;
}

/** Asks models for short work beside the answers of agents, whose text no reader sees. Each request is in the ledger. */
@Injectable()
export class AskBeside {
  private readonly logger = new Logger(AskBeside.name);

  constructor(
    private readonly model: LanguageModel,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly config: Config,
  ) {}

  /**
   * @param maxRetries unset = the setting
   * @throws ModelError, LeaseLost, the reason of the signal
   */
  answer(
    asker: Asker,
    request: Omit<ModelRequest, 'retry'>,
    maxRetries = this.config.llm.maxRetries,
  ): Promise<LedgeredAnswer> {
    const policy = {
      maxRetries,
      signal: asker.signal,
      onRetry: ({ code }: ModelError, retry: number) =>
        this.logger.warn({ code, retry, purpose: asker.purpose }, 'the model is asked again'),
    };
    return askWithRetries(policy, (retry) => this.call(asker, { ...request, retry }));
  }

  private async call(asker: Asker, request: ModelRequest): Promise<LedgeredAnswer> {
    const { signal } = asker;
    const call = await this.begin(asker, request.model);
    let answer: ModelAnswer;
    let used: TokenUsage | null = null;
    const listener = { onText: () => undefined, onUsed: (usage: TokenUsage) => (used = usage) };
    try {
      answer = await this.model.answer(request, listener, signal);
    } catch (error) {
      const now = this.clock.now();
      await this.settle(call, signal.aborted ? abortedCall(used, now) : failedCall(codeOf(error), used, now));
      throw error;
    }
    await this.settle(call, completedCall(answer, this.clock.now()));
    return { ...answer, callId: call.id };
  }

  private async begin(asker: Asker, model: string): Promise<LlmCall> {
    const { sessionId, owner, agent, purpose, signal } = asker;
    const call: LlmCall = {
      id: this.ids.next(),
      sessionId,
      runId: 'runId' in owner ? owner.runId : null,
      jobId: 'jobId' in owner ? owner.jobId : null,
      messageId: null,
      agent,
      purpose,
      model,
      startedAt: this.clock.now(),
    };
    await this.patience.write('begin_call_beside', signal, async (tx) => {
      await asker.hold(tx);
      await tx.get(LlmCallRepository).start(call);
    });
    return call;
  }

  /** Without a check of the lease: only this process knows the outcome of the call. */
  private async settle({ id }: LlmCall, outcome: LlmCallOutcome): Promise<void> {
    await this.patience.writeOutcome('end_call_beside', async (tx) => {
      await tx.get(LlmCallRepository).settle(id, outcome);
    });
  }
}

const codeOf = (error: unknown): { code: string } =>
  error instanceof ModelError ? error : { code: 'job.internal_error' };
