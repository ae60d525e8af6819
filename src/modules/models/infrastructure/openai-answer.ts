import type OpenAI from 'openai';
import { storableText } from '../../../shared/domain/storable.js';
import { ModelAnswer, ModelError, ModelUsage } from '../application/language-model.js';
import { answerTooLong } from './openai-errors.js';
import { WellFormedText } from './well-formed-text.js';

/** Limit for text and tool calls together; longer than the context of any model, so that more is a fault. */
export const MAX_ANSWER_CHARACTERS = 2_000_000;
/** A limit of its own, since a tool call may be empty. */
const MAX_TOOL_CALLS = 100;
/** The largest value of PostgreSQL's integer. */
const MAX_COUNT = 2 ** 31 - 1;
const LONGEST_NAME = 100;

interface GatheredCall {
  readonly index: unknown;
  callId: string;
  toolName: string;
  arguments: string;
}

/**
 * Assembles an answer from its chunks. The client does not check the types of a chunk's fields: a field of another type
 * counts as absent.
 */
export class OpenAiAnswer {
  private readonly text = new WellFormedText();
  private readonly toolCalls: GatheredCall[] = [];
  private content = '';
  private characters = 0;
  private finishReason: string | null = null;
  private usage: ModelUsage | null = null;
  private firstChoiceMs: number | undefined;
  private id: unknown;
  private model: unknown;

  /**
   * @param elapsedMs since the request was sent
   * @returns the text that readers may be shown now; may be empty
   * @throws ModelError model.answer_too_long
   */
  add(chunk: OpenAI.Chat.ChatCompletionChunk, elapsedMs: number): string {
    if (chunk.usage) this.usage = toUsage(chunk.usage);
    this.id ??= chunk.id;
    this.model ??= chunk.model;
    if (chunk.choices?.length) this.firstChoiceMs ??= elapsedMs;
    const choice = chunk.choices?.[0];
    if (!choice) return '';
    this.finishReason = textOf(choice.finish_reason) || this.finishReason;
    const { tool_calls: calls, content, refusal } = choice.delta ?? {};
    for (const part of Array.isArray(calls) ? calls : []) {
      const call = this.callOf(part?.index, textOf(part?.id));
      const [name, args] = [textOf(part?.function?.name), textOf(part?.function?.arguments)];
      call.toolName += name;
      call.arguments += args;
      this.characters += name.length + args.length;
    }
    const text = textOf(content ?? refusal);
    this.characters += text.length;
    if (this.characters > MAX_ANSWER_CHARACTERS) throw answerTooLong();
    return this.show(this.text.push(text));
  }

  /** @returns the rest of the text, once no more chunks follow */
  end(): string {
    return this.show(this.text.end());
  }

  get firstCall(): { readonly toolName: string; readonly arguments: string } | undefined {
    return this.toolCalls[0];
  }

  /** The provider's names of the answer and its model; undefined if it gives none. */
  get source(): { readonly id: string | undefined; readonly model: string | undefined } {
    return { id: nameOf(this.id), model: nameOf(this.model) };
  }

  /**
   * @param elapsedMs since the request was sent
   * @throws ModelError if the answer is empty or was cut off
   */
  complete(elapsedMs: number): ModelAnswer {
    const { content, finishReason, usage, toolCalls } = this;
    if (finishReason === null && this.firstChoiceMs === undefined) {
      throw new ModelError('model.malformed_answer', 'What came from the model is no answer');
    }
    if (finishReason === null) {
      throw new ModelError('model.stream_cut', 'The model’s answer broke off');
    }
    if (content === '' && toolCalls.length === 0) {
      throw new ModelError('model.malformed_answer', 'The model answered nothing');
    }
    return {
      content,
      toolCalls,
      finishReason: storableText(finishReason.slice(0, LONGEST_NAME)),
      usage,
      firstTokenMs: this.firstChoiceMs ?? elapsedMs,
    };
  }

  private show(piece: string): string {
    this.content += piece;
    return piece;
  }

  /**
   * The call that a piece belongs to. Providers distinguish calls by index, some by id only (all with index 0, or
   * without one): a new id is a new call. An index may have any type, if all pieces of a call have the same.
   */
  private callOf(index: unknown, id: string): GatheredCall {
    const known = this.toolCalls.findLast((call) => call.index === index);
    if (known && (id === '' || known.callId === '' || known.callId === id)) {
      known.callId ||= id;
      return known;
    }
    if (this.toolCalls.length === MAX_TOOL_CALLS) throw answerTooLong();
    const call = { index, callId: id, toolName: '', arguments: '' };
    this.toolCalls.push(call);
    return call;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Bounded, since a provider may send any name. */
const nameOf = (name: unknown): string | undefined =>
  typeof name === 'string' ? storableText(name).slice(0, LONGEST_NAME) : undefined;

const isCount = (value: number) => Number.isInteger(value) && value >= 0 && value <= MAX_COUNT;

/** Null for values that are not token counts. */
function toUsage(usage: OpenAI.CompletionUsage): ModelUsage | null {
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usage;
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : null;
}
