import { JsonObject } from '../../../shared/domain/json.js';
import { storableJson, storableText } from '../../../shared/domain/storable.js';
import { ModelReasoning } from '../application/language-model.js';
import { ReasoningPiece, stringOf } from './openai-chunk.js';
import { answerTooLong } from './openai-errors.js';
import { isReasoning, isReturned } from './responses-items.js';
import { setFields, sizeOf } from './set-fields.js';

/** Fields of a block that arrive in pieces. */
const GROWING = ['text', 'summary', 'thinking'];

/** A limit of its own, since each piece is compared with the blocks before it. */
const MAX_BLOCKS = 1_000;

/** What goes back to the provider besides the text of the reasoning. */
interface Opaque {
  /** The field of the message that the text came in; unset = it was a part of the content. */
  readonly textField?: string;
  readonly message?: JsonObject;
  /** The fields of each tool call. */
  readonly calls?: JsonObject[];
  /** The items of a response. */
  readonly items?: JsonObject[];
}

/** Gathers what a model sends beside text and tool calls. */
export class GatheredReasoning {
  private textField: string | undefined;
  private text = '';
  private readonly blocks: Record<string, JsonObject[]> = {};
  private readonly signed: JsonObject = {};
  private readonly items: JsonObject[] = [];

  /**
   * @returns the number of characters added
   * @throws ModelError model.answer_too_long
   */
  add({ text, textField, blocks, signed, items }: ReasoningPiece): number {
    if (this.text === '') this.textField = textField ?? this.textField; // it may have come without text
    this.text += text;
    let added = text.length + setFields(this.signed, signed);
    for (const [field, pieces] of Object.entries(blocks)) {
      for (const piece of pieces) added += addBlock((this.blocks[field] ??= []), piece);
    }
    for (const item of items) {
      this.items.push(item);
      added += isReasoning(item) ? sizeOf(item) : 0;
    }
    return added;
  }

  get textSoFar(): string {
    return this.text;
  }

  /** Whether the model has reasoned. */
  get isGiven(): boolean {
    return this.text !== '' || Object.keys(this.blocks).length > 0 || this.items.some(isReasoning);
  }

  /**
   * @param calls the fields of each tool call that go back with it
   * @returns null if nothing has to go back
   */
  complete(
    source: { readonly provider: string; readonly model: string },
    calls: JsonObject[],
  ): ModelReasoning | null {
    const message: JsonObject = { ...this.blocks, ...this.signed };
    const isRequired = this.text !== '' || calls.length > 0;
    const opaque: Opaque = {
      ...(this.textField !== undefined && isRequired && { textField: this.textField }),
      ...(hasFields(message) && { message }),
      ...(calls.some(hasFields) && { calls }),
      ...(this.items.some(isReturned) && { items: this.items }),
    };
    if (this.text === '' && !hasFields(opaque)) return null;
    return { ...source, text: storableText(this.text), opaque: storableJson({ ...opaque }) as JsonObject };
  }
}

/** The fields of an assistant message, and of each of its tool calls, by which its reasoning goes back. */
export function fieldsToReturn({ text, opaque }: ModelReasoning) {
  const { textField, message, calls = [] } = opaque as Opaque;
  return { message: { ...message, ...(textField !== undefined && { [textField]: text }) }, calls };
}

const hasFields = (value: object): boolean => Object.keys(value).length > 0;

/**
 * Adds a block, or the next piece of a block: one of the same type and index, until a signature ends it.
 * @returns the number of characters added
 * @throws ModelError model.answer_too_long
 */
function addBlock(blocks: JsonObject[], piece: JsonObject): number {
  const grows = GROWING.some((field) => field in piece) || isSigned(piece);
  const isItsBlock = (block: JsonObject) =>
    block['type'] === piece['type'] && block['index'] === piece['index'] && !isSigned(block);
  const known = grows ? blocks.findLast(isItsBlock) : undefined;
  if (!known) {
    if (blocks.length === MAX_BLOCKS) throw answerTooLong();
    blocks.push({ ...piece });
    return sizeOf(piece);
  }
  let added = 0;
  for (const [field, value] of Object.entries(piece)) {
    if (GROWING.includes(field)) {
      known[field] = stringOf(known[field]) + stringOf(value);
      added += stringOf(value).length;
    } else if (value !== null && value !== '') added += setFields(known, { [field]: value });
  }
  return added;
}

const isSigned = (block: JsonObject) => stringOf(block['signature']) !== '';
