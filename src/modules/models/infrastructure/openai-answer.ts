import { storableText } from '../../../shared/domain/storable.js';
import { ModelAnswer, ModelError, ModelUsage } from '../application/language-model.js';
import { estimatedTokens } from '../../../shared/domain/estimated-tokens.js';
import { GatheredCalls } from './gathered-calls.js';
import { GatheredReasoning } from './gathered-reasoning.js';
import { ChunkContents, readChunk } from './openai-chunk.js';
import { answerTooLong } from './openai-errors.js';
import { isFailure, toFinishReason } from './openai-finish-reason.js';
import { toProviderCode } from './provider-refusal.js';
import { WellFormedText } from './well-formed-text.js';

/** Limit for text, reasoning and tool calls together; longer than the context of any model, so that more is a fault. */
export const MAX_ANSWER_CHARACTERS = 2_000_000;
const LONGEST_NAME = 100;

/** What readers may be shown of a chunk; both may be empty. */
export interface Shown {
  readonly reasoning: string;
  readonly text: string;
}

/** Assembles an answer from its chunks. */
export class OpenAiAnswer {
  private readonly text = new WellFormedText();
  private readonly thought = new WellFormedText();
  private readonly calls: GatheredCalls;
  private readonly reasoning = new GatheredReasoning();
  private content = '';
  private characters = 0;
  private hasChoice = false;
  private begun = false;
  private thinking = false;
  private closed = false;
  private finishReason = '';
  private usage: ModelUsage | null = null;
  private firstPieceMs: number | undefined;
  private id = '';
  private model = '';

  /**
   * @param asked where the answer comes from
   * @param read reads each of its chunks, in their order
   * @param tools the names of those that the model was offered
   */
  constructor(
    private readonly asked: { readonly provider: string; readonly model: string },
    private readonly read: (chunk: unknown) => ChunkContents = readChunk,
    tools?: ReadonlySet<string>,
  ) {
    this.calls = new GatheredCalls(tools);
  }

  /**
   * @param elapsedMs since the call began
   * @returns what readers may be shown now
   * @throws ModelError model.answer_too_long; what the reader throws
   */
  add(chunk: unknown, elapsedMs: number): Shown {
    const contents = this.read(chunk);
    const { text, reasoning, calls, finishReason, usage } = contents;
    this.id ||= nameOf(contents.id);
    this.model ||= nameOf(contents.model);
    this.hasChoice ||= contents.hasChoice;
    this.begun ||= contents.hasBegun;
    this.thinking = contents.isThinking;
    this.closed ||= contents.isLast;
    this.finishReason = finishReason || this.finishReason;
    this.usage = usage ?? this.usage;
    for (const call of calls) this.characters += this.calls.add(call);
    this.characters += text.length + this.reasoning.add(reasoning);
    if (this.characters > MAX_ANSWER_CHARACTERS) throw answerTooLong();
    if (this.characters > 0) this.firstPieceMs ??= elapsedMs;
    return this.show(this.thought.push(reasoning.text), this.text.push(text));
  }

  /** @returns the rest, once no more chunks follow */
  end(): Shown {
    return this.show(this.thought.end(), this.text.end());
  }

  /** The number of characters so far, of text, reasoning and calls: a chunk that adds none brings nothing usable. */
  get length(): number {
    return this.characters;
  }

  /** Chunks without usable content do not count, unless they say that the answer has begun. */
  get hasBegun(): boolean {
    return this.begun || this.characters > 0 || this.isFinished;
  }

  /** Whether the model thinks, as far as the server says so. */
  get isThinking(): boolean {
    return this.thinking;
  }

  /** Whether the answer is complete, so that nothing more must be read. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** Whether the answer has a reason for its end. At most the usage follows. */
  get isFinished(): boolean {
    return this.finishReason !== '' && !isFailure(this.finishReason);
  }

  get firstCall(): { readonly toolName: string; readonly arguments: string } | undefined {
    return this.calls.first;
  }

  /** The tools of the calls that have begun since this was asked before. */
  begunCalls(): string[] {
    return this.calls.begun();
  }

  /** The provider's names of the answer and its model; undefined if it gives none. */
  get source(): { readonly id: string | undefined; readonly model: string | undefined } {
    return { id: this.id || undefined, model: this.model || undefined };
  }

  /**
   * @param saysDone whether the server has marked the end: without a finish reason, only that tells it from a cut
   * @param elapsedMs since the call began
   * @throws ModelError if the answer is empty or filtered, was cut off, or ended by a failure
   */
  complete(saysDone: boolean, elapsedMs: number): ModelAnswer {
    const { content, usage } = this;
    const toolCalls = this.calls.complete();
    const isEmpty = content === '' && toolCalls.length === 0;
    const given = this.finishReason;
    if (isFailure(given)) throw new ModelError('model.server_error', BROKE_DOWN, naming(given));
    if (!this.hasChoice) {
      throw new ModelError('model.malformed_answer', 'What came from the model is no answer');
    }
    if (!this.isFinished && !saysDone) {
      throw new ModelError('model.stream_cut', 'The model’s answer broke off');
    }
    const finishReason = toFinishReason(given, toolCalls.length > 0);
    // Filtered text is an answer as far as it goes; calls may lack a part that matters.
    if (finishReason === 'content_filter' && (isEmpty || toolCalls.length > 0)) {
      throw new ModelError('model.content_filtered', FILTERED, naming(given));
    }
    if (isEmpty) throw this.emptyAnswer(finishReason);
    return {
      content,
      toolCalls,
      finishReason: storableText(finishReason.slice(0, LONGEST_NAME)),
      usage,
      reasoning: this.reasoning.complete(this.asked, this.calls.signed),
      firstTokenMs: this.firstPieceMs ?? elapsedMs,
    };
  }

  /**
   * What an answer that is not complete has used: as the provider told, or else estimated.
   * @param promptTokens the estimate of its request
   */
  used(promptTokens: number): ModelUsage {
    if (this.usage) return this.usage;
    const reasoningTokens = estimatedTokens(this.reasoning.textSoFar);
    const called = this.calls.complete().map((call) => call.toolName + call.arguments);
    const said = estimatedTokens(this.content) + estimatedTokens(called.join(''));
    return {
      promptTokens,
      completionTokens: said + reasoningTokens,
      reasoningTokens,
      ...{ cachedTokens: 0, costMicros: null, estimated: true },
    };
  }

  private emptyAnswer(finishReason: string): ModelError {
    if (finishReason === 'length') {
      const message = 'The model reached its output limit before it answered';
      return new ModelError('model.empty_answer', message, { isFinal: true });
    }
    const message = this.reasoning.isGiven
      ? 'The model has only reasoned, and answered nothing'
      : 'The model answered nothing';
    return new ModelError('model.empty_answer', message);
  }

  private show(reasoning: string, text: string): Shown {
    this.content += text;
    return { reasoning, text };
  }
}

const FILTERED = 'A content filter of the model’s provider stopped the answer';
const BROKE_DOWN = 'The model failed in the middle of its answer';

const naming = (finishReason: string) => ({ providerCode: toProviderCode(finishReason) });

/** Bounded, since a provider may send any name. */
const nameOf = (name: string): string => storableText(name).slice(0, LONGEST_NAME);
