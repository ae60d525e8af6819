import { Injectable, Logger } from '@nestjs/common';
import { DatabasePatience } from '../../../../shared/application/database-patience.js';
import { Clock } from '../../../../shared/domain/clock.js';
import { sumOfUsage } from '../../../../shared/domain/token-usage.js';
import {
  completedCall,
  failedCall,
  LlmCall,
  LlmCallOutcome,
  LlmCallRepository,
  ModelAnswer,
  ModelError,
  ModelMessage,
  ModelRequest,
} from '../../../models/index.js';
import { brokenReasoning } from '../../../conversations/index.js';
import { RunRepository } from '../../domain/run.repository.js';
import { ModelCalls } from '../lifecycle/model-calls.js';
import { RunWriter } from '../lifecycle/run-writer.js';
import { Draft } from './drafts.js';
import { ShownMessage, StreamReply, isShown } from './stream-reply.js';

const GO_ON: ModelMessage = {
  role: 'user',
  content: 'Your answer was cut off at the output limit. Go on exactly where it ends, and repeat nothing.',
};

/** An answer with all that was added to it, and how its last call ended. */
export interface WholeAnswer {
  readonly answer: ModelAnswer;
  readonly outcome: LlmCallOutcome;
}

/** Whether the output limit has cut off an answer in its text. */
export const isCutText = ({ finishReason, toolCalls }: ModelAnswer): boolean =>
  finishReason === 'length' && toolCalls.length === 0;

/** Asks a model once to go on with a text that the output limit has cut off, within the same message. */
@Injectable()
export class ContinueReply {
  private readonly logger = new Logger(ContinueReply.name);

  constructor(
    private readonly streamReply: StreamReply,
    private readonly calls: ModelCalls,
    private readonly runWriter: RunWriter,
    private readonly patience: DatabasePatience,
    private readonly clock: Clock,
  ) {}

  /**
   * Settles the call that was cut off, and opens the one that goes on with its message.
   * @returns undefined if the run may make no more calls: the call that was cut off is still open then
   */
  async open(draft: Draft, answer: ModelAnswer, signal: AbortSignal): Promise<Draft | undefined> {
    const { turn, call: cutOff, messageId, text, reasoning } = draft;
    const next: LlmCall = { ...this.calls.create(turn.run, turn.agent, 'answer'), messageId };
    const isOpen = await this.patience.write('continue_reply', signal, async (tx) => {
      const run = await tx.get(RunRepository).getLeased(turn.run);
      if (run.isCancelRequested || !this.calls.mayAsk(run, turn.agent)) return false;
      const calls = tx.get(LlmCallRepository);
      if (!(await calls.settle(cutOff.id, completedCall(answer, this.clock.now())))) return true;
      run.addUsage(answer.usage);
      run.countModelCall();
      await calls.add(next);
      await this.runWriter.save(tx, run);
      return true;
    });
    return isOpen ? { ...draft, call: next, kept: { text, reasoning, used: answer.usage } } : undefined;
  }

  /**
   * If the model fails after readers were shown more, the answer is what they have been shown.
   * @param draft grows
   * @throws ModelError if they were shown no more, the signal's reason
   */
  async ask(
    request: ModelRequest,
    first: ModelAnswer,
    draft: Draft,
    signal: AbortSignal,
  ): Promise<WholeAnswer> {
    const { content, reasoning } = first;
    const messages = [
      ...request.messages,
      { role: 'assistant', content, reasoning, toolCalls: [] } as const,
      GO_ON,
    ];
    try {
      const { run } = draft.turn;
      const rest = await this.streamReply.stream(run, { ...request, messages }, draft, undefined, signal);
      return { answer: joined(first, rest, draft), outcome: completedCall(rest, this.clock.now()) };
    } catch (error) {
      if (signal.aborted || !(error instanceof ModelError) || !isShown(draft)) throw error;
      return this.withoutRest(error, first, draft);
    }
  }

  /** The answer where no model goes on with it: what readers have been shown. */
  withoutRest(error: ModelError, first: ModelAnswer, draft: Draft): WholeAnswer {
    this.logger.warn(
      { run_id: draft.turn.run.id, code: error.code },
      'the model does not go on with its answer',
    );
    const { text, kept, used } = draft;
    const usage = sumOfUsage(kept.used, used);
    const answer = { ...first, content: text, reasoning: asShown(first.reasoning, draft), usage };
    return { answer, outcome: failedCall(error, used, this.clock.now()) };
  }
}

const joined = (first: ModelAnswer, rest: ModelAnswer, shown: ShownMessage): ModelAnswer => ({
  ...rest,
  content: first.content + rest.content,
  reasoning: asShown(
    rest.reasoning ? { ...rest.reasoning, offset: first.content.length } : first.reasoning,
    shown,
  ),
  usage: sumOfUsage(shown.kept.used, rest.usage),
  firstTokenMs: first.firstTokenMs,
});

/** With the text of both answers, as readers have it. */
const asShown = (
  reasoning: ModelAnswer['reasoning'],
  { reasoning: text }: ShownMessage,
): ModelAnswer['reasoning'] => (reasoning ? { ...reasoning, text } : brokenReasoning(text));
