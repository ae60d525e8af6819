import { JsonObject } from '../../../shared/domain/json.js';
import { ModelUsage } from '../application/language-model.js';
import { CallPiece, ChunkContents, Fields, fieldsOf, stringOf } from './openai-chunk.js';
import { answerTooLong } from './openai-errors.js';
import { ProviderRefusal } from './provider-refusal.js';
import { PARAGRAPH, toKeptItem } from './responses-items.js';
import { toldUsage } from './told-usage.js';

/** Limit for the items of an answer and their parts, since each of them is remembered. */
const MAX_PARTS = 2_000;

type PartName = keyof typeof PARTS;

/** The parts that arrive in pieces: the field of their number within the item, and that of the whole part. */
const PARTS = {
  output_text: ['content_index', 'text'],
  refusal: ['content_index', 'refusal'],
  reasoning_summary_text: ['summary_index', 'text'],
  reasoning_text: ['content_index', 'text'],
  function_call_arguments: ['', 'arguments'],
} as const;

/** The events of a part: `response.output_text.delta` brings a piece, `response.output_text.done` all of it again. */
const PART_EVENT = /^response\.(\w+)\.(delta|done)$/;

const isPartName = (name: string): name is PartName => Object.hasOwn(PARTS, name);

/** The words that end an answer, as a status or in the name of an event. */
const ENDS = new Set(['completed', 'incomplete', 'failed', 'cancelled']);

interface Part {
  /** The number of characters received. */
  length: number;
}

interface Item {
  readonly parts: Map<string, Part>;
  /** The name of the call is known. */
  isNamed: boolean;
}

/** What an event adds to the answer. */
interface Added {
  text: string;
  thought: string;
  readonly calls: CallPiece[];
  readonly items: JsonObject[];
}

/**
 * Reads one answer of the Responses API: its events, or a whole response. Servers repeat each part when it ends, then
 * each item, then the response. Known parts of these repeats are skipped; missing ones are taken from them.
 */
export class ResponsesEvents {
  private readonly items = new Map<unknown, Item>();
  private count = 0;
  /** The reasoning that has begun and not ended. */
  private thinking: Item | undefined;
  private lastMessage: Item | undefined;
  private lastThought: Part | undefined;

  /** @throws ProviderRefusal for a failure, ModelError model.answer_too_long */
  read(event: unknown): ChunkContents {
    const fields = fieldsOf(event);
    const type = stringOf(fields['type']);
    if (type === 'error') throw new ProviderRefusal(JSON.stringify(event));
    const isWhole = fields['object'] === 'response';
    const response = isWhole ? fields : fieldsOf(fields['response']);
    const finishReason = endOf(response, isWhole ? '' : type);
    const isLast = isWhole || finishReason !== '';
    const added: Added = { text: '', thought: '', calls: [], items: [] };
    if (isLast) this.readOutput(response['output'], added);
    else this.readEvent(type, fields, added);
    return {
      id: stringOf(response['id']),
      model: stringOf(response['model']),
      hasBegun: isLast || this.items.size > 0,
      isThinking: this.thinking !== undefined,
      isLast,
      hasChoice: isLast || type.startsWith('response.'),
      text: added.text,
      reasoning: { text: added.thought, textField: undefined, blocks: {}, signed: {}, items: added.items },
      calls: added.calls,
      finishReason,
      usage: toUsage(response['usage']),
    };
  }

  private readEvent(type: string, fields: Fields, added: Added): void {
    const [, name = '', step] = PART_EVENT.exec(type) ?? [];
    if (isPartName(name)) {
      const [numberField, wholeField] = PARTS[name];
      const given = step === 'delta' ? fields['delta'] : fields[wholeField];
      this.readPart(this.itemAt(fields), name, fields[numberField], given, step === 'done', added);
    } else if (type === 'response.output_item.added') {
      const [item, begun] = [this.begin(placeOf(fields)), fieldsOf(fields['item'])];
      this.thinking = begun['type'] === 'reasoning' ? item : undefined;
      this.readName(item, begun, added);
    } else if (type === 'response.output_item.done') {
      const item = this.itemAt(fields);
      if (this.thinking === item) this.thinking = undefined;
      this.readItem(item, fieldsOf(fields['item']), added);
    }
  }

  /** The items of a whole response, if none of them has come. */
  private readOutput(output: unknown, added: Added): void {
    if (this.items.size > 0 || !Array.isArray(output)) return;
    for (const [place, item] of output.entries()) this.readItem(this.begin(place), fieldsOf(item), added);
  }

  private readItem(item: Item, whole: Fields, added: Added): void {
    const { content, summary } = whole;
    this.readName(item, whole, added);
    this.readPart(item, 'function_call_arguments', 0, argumentsOf(whole), true, added);
    for (const [index, part] of partsOf(summary)) {
      this.readPart(item, 'reasoning_summary_text', index, part['text'], true, added);
    }
    for (const [index, part] of partsOf(content)) {
      const name = stringOf(part['type']);
      if (!isPartName(name)) continue;
      const [, wholeField] = PARTS[name];
      this.readPart(item, name, index, part[wholeField], true, added);
    }
    const characters = [...item.parts.values()].reduce((sum, { length }) => sum + length, 0);
    const kept = toKeptItem(whole, characters);
    if (kept) added.items.push(kept);
  }

  private readName(item: Item, { type, name, call_id: id }: Fields, added: Added): void {
    if (item.isNamed || type !== 'function_call' || stringOf(name) === '') return;
    item.isNamed = true;
    added.calls.push({ ...pieceOf(item), id: stringOf(id), name: stringOf(name) });
  }

  /** @param isWhole whether the whole part is given; some of it may have been received before */
  private readPart(
    item: Item,
    name: PartName,
    index: unknown,
    given: unknown,
    isWhole: boolean,
    added: Added,
  ): void {
    const isCall = name === 'function_call_arguments';
    if (isCall && !item.isNamed) return; // all of it comes with the name
    const place = `${name} ${Number(index ?? 0)}`;
    const known = item.parts.get(place);
    const piece = isWhole ? stringOf(given).slice(known?.length ?? 0) : stringOf(given);
    if (piece === '') return;
    const part = known ?? { length: 0 };
    if (!known) item.parts.set(place, this.counted(part));
    part.length += piece.length;
    if (isCall) added.calls.push({ ...pieceOf(item), arguments: piece });
    else if (name === 'output_text' || name === 'refusal') {
      added.text += (this.lastMessage ?? item) === item ? piece : PARAGRAPH + piece;
      this.lastMessage = item;
    } else {
      added.thought += (this.lastThought ?? part) === part ? piece : PARAGRAPH + piece;
      this.lastThought = part;
    }
  }

  /** The item that an event is about. Its id is not reliable: some gateways give each event a new id. */
  private itemAt(fields: Fields): Item {
    const place = placeOf(fields);
    return this.items.get(place) ?? this.begin(place);
  }

  /** Begins an item, also at the place of another one: some servers give all items the same place. */
  private begin(place: unknown): Item {
    const item = this.counted({ parts: new Map<string, Part>(), isNamed: false });
    this.items.set(place, item);
    return item;
  }

  private counted<T>(value: T): T {
    if (++this.count > MAX_PARTS) throw answerTooLong();
    return value;
  }
}

const placeOf = ({ output_index: index, item_id: id, item }: Fields): unknown =>
  index ?? id ?? fieldsOf(item)['id'];

const pieceOf = (item: Item): CallPiece => ({
  index: item,
  id: '',
  name: '',
  arguments: '',
  signed: {},
  isWhole: false,
});

const argumentsOf = ({ arguments: given }: Fields): string =>
  typeof given === 'object' && given !== null ? JSON.stringify(given) : stringOf(given);

const partsOf = (parts: unknown): [index: number, part: Fields][] =>
  Array.isArray(parts) ? parts.map((part, index) => [index, fieldsOf(part)]) : [];

/**
 * Why the answer ends: empty if it does not.
 * @param type of the event; empty for a whole response
 */
function endOf(response: Fields, type: string): string {
  const named = type.replace(/^response\./, '');
  if (type !== '' && !ENDS.has(named)) return '';
  const status = stringOf(response['status']);
  switch (ENDS.has(status) ? status : named) {
    case 'completed':
      return 'stop';
    case 'incomplete':
      return stringOf(fieldsOf(response['incomplete_details'])['reason']) || 'incomplete';
    case 'failed':
    case 'cancelled':
      throw new ProviderRefusal(JSON.stringify({ error: response['error'] ?? { code: status || named } }));
    default:
      return '';
  }
}

/** Null for values that are not token counts. */
function toUsage(given: unknown): ModelUsage | null {
  const usage = fieldsOf(given);
  const input = fieldsOf(usage['input_tokens_details']);
  return toldUsage({
    prompt: usage['input_tokens'],
    completion: usage['output_tokens'],
    cached: [input['cached_tokens']],
    cacheWrite: [input['cache_write_tokens']],
    reasoning: [fieldsOf(usage['output_tokens_details'])['reasoning_tokens']],
  });
}
