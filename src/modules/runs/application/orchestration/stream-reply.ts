import { Injectable } from '@nestjs/common';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { LanguageModel, ModelAnswer, ModelRequest } from '../../../models/index.js';
import { RunState } from '../../domain/run.js';
import { RunMetrics } from '../run-metrics.js';
import { SpokenCall } from './spoken-call.js';

/** Asks the model, and streams the text of its reply to readers. */
@Injectable()
export class StreamReply {
  constructor(
    private readonly model: LanguageModel,
    private readonly deltas: DeltaLog,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * @param message the one that the reply becomes; streamed text is added to `shown`
   * @param modelMs how long the run has waited for models before; undefined if unknown, and then the server's share
   * of the time to the first token is not measured
   * @throws ModelError, or the signal's reason
   */
  async stream(
    run: RunState,
    request: ModelRequest,
    message: { readonly messageId: string; shown: string },
    modelMs: number | undefined,
    signal: AbortSignal,
  ): Promise<ModelAnswer> {
    const { messageId } = message;
    let firstShownAt: Promise<Date> | undefined;
    const show = (text: string) => {
      if (text === '') return;
      this.deltas.append({
        sessionId: run.sessionId,
        runId: run.id,
        messageId,
        offset: message.shown.length,
        text,
        token: run.leaseToken ?? '',
      });
      message.shown += text;
      firstShownAt ??= this.deltas.flushed(messageId).then(() => this.clock.now());
    };
    const spoken = new SpokenCall();
    const answer = await this.model.answer(
      request,
      {
        onText: show,
        onFirstCall: (toolName, argumentsSoFar) =>
          show(spoken.grow(toolName, argumentsSoFar, message.shown !== '')),
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
