import { JsonObject } from '../../../shared/domain/json.js';
import { storableJson, storableText } from '../../../shared/domain/storable.js';
import { ModelReasoning } from '../application/language-model.js';
import { ReasoningPiece, stringOf } from './openai-chunk.js';

/** Fields of a block that arrive in pieces. */
const GROWING = ['text', 'summary', 'thinking'];

/** What goes back to the provider besides the text of the reasoning. */
interface Opaque {
  /** The field of the message that the text came in; unset = it was a part of the content. */
  readonly textField?: string;
  readonly message?: JsonObject;
  /** The fields of each tool call. */
  readonly calls?: JsonObject[];
}

/** Gathers what a model sends beside text and tool calls. */
export class GatheredReasoning {
  private textField: string | undefined;
  private text = '';
  private readonly blocks: Record<string, JsonObject[]> = {};
  private readonly signed: JsonObject = {};

  /** @returns the number of characters added */
  add({ text, textField, blocks, signed }: ReasoningPiece): number {
    this.text += text;
    this.textField ??= textField;
    Object.assign(this.signed, signed);
    for (const [field, pieces] of Object.entries(blocks)) {
      const known = (this.blocks[field] ??= []);
      for (const piece of pieces) addBlock(known, piece);
    }
    return text.length + sizeOf(blocks) + sizeOf(signed);
  }

  /** Whether the model has reasoned. */
  get isGiven(): boolean {
    return this.text !== '' || Object.keys(this.blocks).length > 0;
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
    const opaque: Opaque = {
      ...(this.textField !== undefined && { textField: this.textField }),
      ...(sizeOf(message) > 0 && { message }),
      ...(calls.some((call) => sizeOf(call) > 0) && { calls }),
    };
    if (this.text === '' && Object.keys(opaque).length === 0) return null;
    return { ...source, text: storableText(this.text), opaque: storableJson({ ...opaque }) as JsonObject };
  }
}

/** The fields of an assistant message, and of each of its tool calls, by which its reasoning goes back. */
export function fieldsToReturn({ text, opaque }: ModelReasoning) {
  const { textField, message, calls = [] } = opaque as Opaque;
  return { message: { ...message, ...(textField !== undefined && { [textField]: text }) }, calls };
}

/** In characters of JSON; 0 = without fields. */
export const sizeOf = (fields: object): number =>
  Object.keys(fields).length === 0 ? 0 : JSON.stringify(fields).length;

/** Adds a block, or the next piece of a block: one of the same type and index, until a signature ends it. */
function addBlock(blocks: JsonObject[], piece: JsonObject): void {
  const grows = GROWING.some((field) => field in piece) || isSigned(piece);
  const known = blocks.findLast(
    (block) => block['type'] === piece['type'] && block['index'] === piece['index'] && !isSigned(block),
  );
  if (!grows || !known) {
    blocks.push({ ...piece });
    return;
  }
  for (const [field, value] of Object.entries(piece)) {
    if (GROWING.includes(field)) known[field] = stringOf(known[field]) + stringOf(value);
    else if (value !== null && value !== '') known[field] = value;
  }
}

const isSigned = (block: JsonObject) => stringOf(block['signature']) !== '';
