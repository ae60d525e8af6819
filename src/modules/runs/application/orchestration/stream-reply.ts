import { Injectable } from '@nestjs/common';
import { DeltaLog, DeltaType } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { TokenUsage } from '../../../../shared/domain/token-usage.js';
import { LanguageModel, ModelAnswer, ModelRequest } from '../../../models/index.js';
import { RunState } from '../../domain/run.js';
import { RunMetrics } from '../run-metrics.js';
import { NEW_PARAGRAPH, SpokenCall } from './spoken-call.js';

/** A message in the making: what readers have been sent of it so far. */
export interface ShownMessage {
  readonly messageId: string;
  text: string;
  reasoning: string;
  /** What its calls before the last one have used. */
  readonly usedBefore: TokenUsage | null;
  /** What its last call has used, if that failed. */
  used: TokenUsage | null;
}

/** Asks the model, and streams the text and the reasoning of its reply to readers. */
@Injectable()
export class StreamReply {
  constructor(
    private readonly model: LanguageModel,
    private readonly deltas: DeltaLog,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * @param message the one that the reply becomes; what is streamed is added to it
   * @param modelMs how long the run has waited for models before; undefined if unknown, and then the server's share
   * of the time to the first token is not measured
   * @throws ModelError, or the signal's reason
   */
  async stream(
    run: RunState,
    request: ModelRequest,
    message: ShownMessage,
    modelMs: number | undefined,
    signal: AbortSignal,
  ): Promise<ModelAnswer> {
    const { messageId } = message;
    let firstShownAt: Promise<Date> | undefined;
    const show = (type: DeltaType, of: 'text' | 'reasoning', piece: string) => {
      if (piece === '') return;
      this.deltas.append({
        type,
        sessionId: run.sessionId,
        runId: run.id,
        messageId,
        offset: message[of].length,
        text: piece,
        token: run.leaseToken ?? '',
      });
      message[of] += piece;
      firstShownAt ??= this.deltas.flushed(messageId).then(() => this.clock.now());
    };
    const say = (piece: string) => show('message.delta', 'text', piece);
    const before = message.reasoning;
    const think = (piece: string) => {
      const follows = before !== '' && message.reasoning === before;
      show('message.reasoning_delta', 'reasoning', follows ? NEW_PARAGRAPH + piece : piece);
    };
    message.used = null;
    const spoken = new SpokenCall();
    const answer = await this.model.answer(
      request,
      {
        onText: say,
        onReasoning: think,
        onUsed: (usage) => (message.used = usage),
        onFirstCall: (toolName, argumentsSoFar) =>
          say(spoken.grow(toolName, argumentsSoFar, message.text !== '')),
      },
      signal,
    );
    // The deltas of a message are stored before it is completed.
    await this.deltas.flushed(messageId);
    if (firstShownAt && modelMs !== undefined) {
      const elapsedMs = (await firstShownAt).getTime() - (run.startedAt ?? run.createdAt).getTime();
      this.metrics.addedToFirstToken(Math.max(0, elapsedMs - modelMs - answer.firstTokenMs) / 1000);
    }
    return answer;
  }
}
