import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { messageDiscarded, messageStarted } from '../../../conversations/index.js';
import { failedCall, LlmCall, LlmCallRepository, ModelError } from '../../../models/index.js';
import { ModelSwitch } from '../../domain/answering.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { RunMetrics } from '../run-metrics.js';
import { ShownMessage, isShown } from './stream-reply.js';
import { Turn } from './turn.js';

/** An incomplete message of a model. */
export interface Draft extends ShownMessage {
  readonly turn: Turn;
  readonly call: LlmCall;
}

/** Begins the message of a model, and begins it anew after a call that has failed. */
@Injectable()
export class Drafts {
  private readonly logger = new Logger(Drafts.name);

  constructor(
    private readonly calls: ModelCalls,
    private readonly runWriter: RunWriter,
    private readonly deltas: DeltaLog,
    private readonly patience: DatabasePatience,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /** @param open the call that was opened when the run was activated */
  begin(turn: Turn, open: LlmCall | null = null): Draft {
    const call = open ?? this.calls.create(turn.run, turn.agent, 'answer');
    const kept = { text: '', reasoning: '', used: null };
    return { turn, messageId: call.messageId!, call, drafted: [], ...kept, kept };
  }

  /** For the next call to the same model. */
  async retry(before: Draft, error: ModelError, signal: AbortSignal): Promise<Draft> {
    const next = await this.follow('retry_model_call', before, error, signal);
    this.metrics.retried(next.call.model, error.code);
    return next;
  }

  /** The same by another model, which answers for the rest of the run. */
  async switchModel(before: Draft, to: string, error: ModelError, signal: AbortSignal): Promise<Draft> {
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
    const fresh = this.begin({ ...turn, run: { ...turn.run, model } });
    const next = isShown(before) ? fresh : sameMessage(fresh, before);
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
}

/** Readers have received nothing of the call that failed, so the next one can go on with its message. */
const sameMessage = ({ turn, call }: Draft, before: Draft): Draft => ({
  ...before,
  turn,
  call: { ...call, messageId: before.messageId },
});

export const started = (draft: Draft) =>
  messageStarted(toMessage(draft), draft.turn.run.leaseToken ?? undefined);

export const toMessage = ({ turn, messageId }: Draft) => ({
  id: messageId,
  sessionId: turn.run.sessionId,
  runId: turn.run.id,
  agent: turn.agent.id,
  subtaskId: turn.subtaskId,
  jobId: turn.run.jobId,
});
