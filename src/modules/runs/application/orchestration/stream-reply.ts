import { Injectable } from '@nestjs/common';
import { DeltaLog, DeltaType } from '../../../../shared/application/delta-log.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { Ids } from '../../../../shared/domain/ids.js';
import { TokenUsage } from '../../../../shared/domain/token-usage.js';
import { LanguageModel, ModelAnswer, ModelRequest } from '../../../models/index.js';
import { RunState } from '../../domain/run-state.js';
import { RunMetrics } from '../run-metrics.js';
import { DraftedCall } from './drafted-calls.js';
import { NEW_PARAGRAPH, SpokenCall, isSpoken } from './spoken-call.js';
import { shownToolName } from './tool-name.js';

/** A message in the making: what readers have been sent of it so far. */
export interface ShownMessage {
  readonly messageId: string;
  text: string;
  reasoning: string;
  /** The tool calls that were announced. */
  readonly drafted: DraftedCall[];
  /** What it was before its last call, which goes on with it, and what that has used; empty = the call begins it. */
  readonly kept: { readonly text: string; readonly reasoning: string; readonly used: TokenUsage | null };
  /** What its last call has used, if that failed. */
  used: TokenUsage | null;
}

/** Whether readers have been sent anything of its last call. */
export const isShown = ({ text, reasoning, drafted, kept }: ShownMessage): boolean =>
  text !== kept.text || reasoning !== kept.reasoning || drafted.length > 0;

/** Asks the model, and streams the text and the reasoning of its reply to readers, and which calls it begins to write. */
@Injectable()
export class StreamReply {
  constructor(
    private readonly model: LanguageModel,
    private readonly deltas: DeltaLog,
    private readonly metrics: RunMetrics,
    private readonly clock: Clock,
    private readonly ids: Ids,
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
    const place = { sessionId: run.sessionId, runId: run.id, messageId, token: run.leaseToken ?? '' };
    let firstShownAt: Promise<Date> | undefined;
    const show = (type: DeltaType, of: 'text' | 'reasoning', piece: string) => {
      if (piece === '') return;
      this.deltas.append({ ...place, type, offset: message[of].length, text: piece });
      message[of] += piece;
      firstShownAt ??= this.deltas.flushed(messageId).then(() => this.clock.now());
    };
    const say = (piece: string) => show('message.delta', 'text', piece);
    const before = message.reasoning;
    const think = (piece: string) => {
      const follows = before !== '' && message.reasoning === before;
      show('message.reasoning_delta', 'reasoning', follows ? NEW_PARAGRAPH + piece : piece);
    };
    const draft = (named: string) => {
      const call = { callId: this.ids.next(), toolName: shownToolName(named) };
      if (isSpoken(call.toolName)) return;
      this.deltas.append({ ...place, type: 'tool_call.drafted', ...call });
      message.drafted.push(call);
    };
    message.used = null;
    const spoken = new SpokenCall();
    const answer = await this.model.answer(
      request,
      {
        onText: say,
        onReasoning: think,
        onCall: draft,
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
