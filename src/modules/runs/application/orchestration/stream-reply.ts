import { Injectable } from '@nestjs/common';
import { DeltaLog } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { LanguageModel, ModelAnswer, ModelRequest } from '../../../models/index.js';
import { RunState } from '../../domain/run.js';
import { RunMetrics } from '../run-metrics.js';
import { SpokenCall } from './spoken-call.js';

/** Asks the model, and shows readers the text of its reply while it arrives. */
@Injectable()
export class StreamReply {
  constructor(
    private readonly model: LanguageModel,
    private readonly deltas: DeltaLog,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
  ) {}

  /**
   * @param message the one that the reply becomes; what readers are shown is added to `shown`
   * @param modelMs how long the run has waited for the model before; undefined where that is not known, and so how much
   * of the time to the first token the server has added
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
    // Before a message is completed, its deltas are stored.
    await this.deltas.flushed(messageId);
    if (firstShownAt && modelMs !== undefined) {
      const elapsedMs = (await firstShownAt).getTime() - (run.startedAt ?? run.createdAt).getTime();
      this.metrics.addedToFirstToken(Math.max(0, elapsedMs - modelMs - answer.firstTokenMs) / 1000);
    }
    return answer;
  }
}
