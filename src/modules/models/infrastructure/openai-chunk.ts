import { JsonObject } from '../../../shared/domain/json.js';
import { ModelUsage } from '../application/language-model.js';
import { toldUsage } from './told-usage.js';

/** A part of a tool call. Any field may be empty: servers differ in what they repeat. */
export interface CallPiece {
  /** Of any type; undefined or null = not given. */
  readonly index: unknown;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
  /** Fields that go back to the provider with the call. */
  readonly signed: JsonObject;
  /** The call of a completion in one piece: no other piece belongs to it. */
  readonly isWhole: boolean;
}

/** Reasoning as text. Servers use one of them, or both with the same text. */
const TEXT_FIELDS = ['reasoning_content', 'reasoning'];

/** DeepSeek and Kimi require it on each message with calls, also when there is no reasoning. */
export const REQUIRED_FIELD = 'reasoning_content';

/** Reasoning in blocks, each with a signature or encrypted: OpenRouter, LiteLLM. */
const BLOCK_FIELDS = ['reasoning_details', 'thinking_blocks'];

/** LiteLLM's field for signatures, and for data that no provider needs back. */
const MIXED_FIELD = 'provider_specific_fields';

/** Signatures of a message, a tool call or its function: Gemini, also behind LiteLLM. */
const SIGNED_FIELDS = ['extra_content', MIXED_FIELD, 'thought_signature'];

/** A part of a model's reasoning. */
export interface ReasoningPiece {
  readonly text: string;
  /** The field of the message that has the text; undefined = it is a part of the content. */
  readonly textField: string | undefined;
  /** Blocks, or pieces of them, by the field of the message that they are in. */
  readonly blocks: Readonly<Record<string, readonly JsonObject[]>>;
  /** Fields that go back to the provider with the message. */
  readonly signed: JsonObject;
  /** Items of the Responses API that are sent back, in their order. */
  readonly items: readonly JsonObject[];
}

/** The contents of one chunk of an answer, in whichever dialect its server speaks. */
export interface ChunkContents {
  /** The provider's name of the answer; may be empty. */
  readonly id: string;
  /** The provider's name of its model; may be empty. */
  readonly model: string;
  /** The server says that the model has begun, even if it sends no text. */
  readonly hasBegun: boolean;
  /** The server says that the model reasons, even if it sends no reasoning. */
  readonly isThinking: boolean;
  /** Nothing more belongs to the answer. */
  readonly isLast: boolean;
  /** False for keep-alives, and for events that only count or describe. */
  readonly hasChoice: boolean;
  readonly text: string;
  readonly reasoning: ReasoningPiece;
  readonly calls: readonly CallPiece[];
  /** Empty until the answer ends. */
  readonly finishReason: string;
  readonly usage: ModelUsage | null;
}

/**
 * Reads a chunk. A whole completion is read as well: its `message` has the fields of a `delta`. A field of an unexpected
 * type counts as absent.
 */
export function readChunk(chunk: unknown): ChunkContents {
  const { id, model, choices, usage, x_groq: groq } = fieldsOf(chunk);
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const choice = fieldsOf(first);
  const isWhole = !isObject(choice['delta']);
  const delta = fieldsOf(isWhole ? choice['message'] : choice['delta']);
  const { content, refusal } = delta;
  return {
    id: stringOf(id),
    model: stringOf(model),
    hasBegun: false,
    isThinking: false,
    isLast: false,
    hasChoice: isObject(first),
    text: spokenIn(content) || stringOf(refusal),
    reasoning: reasoningIn(delta),
    calls: callsIn(delta, isWhole),
    finishReason: stringOf(choice['finish_reason']),
    usage: toUsage(usage) ?? toUsage(choice['usage']) ?? toUsage(fieldsOf(groq)['usage']),
  };
}

/** The text of a content that is a string, or parts of which each has a type. */
function spokenIn(content: unknown): string {
  if (!Array.isArray(content)) return stringOf(content);
  return content.map((part) => stringOf(fieldsOf(part)['text'])).join('');
}

function reasoningIn(delta: Fields): ReasoningPiece {
  const textField = TEXT_FIELDS.find((field) => stringOf(delta[field]) !== '');
  const isEmpty = textField === undefined && delta[REQUIRED_FIELD] === '';
  const blocks = BLOCK_FIELDS.filter((field) => Array.isArray(delta[field])).map((field) => [
    field,
    (delta[field] as unknown[]).filter((block) => isObject(block) && hasContent(block)),
  ]);
  return {
    text: textField === undefined ? thoughtIn(delta['content']) : stringOf(delta[textField]),
    textField: isEmpty ? REQUIRED_FIELD : textField,
    blocks: Object.fromEntries(blocks) as Record<string, JsonObject[]>,
    signed: signedIn(delta),
    items: [],
  };
}

function signedIn(fields: Fields): JsonObject {
  const given = SIGNED_FIELDS.filter((field) => field in fields).map((field) => [
    field,
    field === MIXED_FIELD ? signaturesIn(fieldsOf(fields[field])) : fields[field],
  ]);
  return Object.fromEntries(given.filter(([, value]) => hasContent(value))) as JsonObject;
}

const signaturesIn = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field.includes('signature')));

/** Whether a value has more in it than null and empty texts, objects and arrays. */
function hasContent(value: unknown): boolean {
  if (isObject(value)) return Object.values(value).some(hasContent);
  return value !== undefined && value !== null && value !== '';
}

/** The parts of type `thinking` (Mistral), whose text is again made of parts. */
function thoughtIn(content: unknown): string {
  if (!Array.isArray(content)) return '';
  return content.map((part) => spokenIn(fieldsOf(part)['thinking'])).join('');
}

function callsIn({ tool_calls: calls, function_call: legacy }: Fields, isWhole: boolean): CallPiece[] {
  const pieces = Array.isArray(calls) ? calls.map(fieldsOf) : [];
  if (isObject(legacy)) pieces.push({ function: legacy });
  return pieces.map((piece) => {
    const { index, id, function: called } = piece;
    const { name, arguments: args } = fieldsOf(called);
    const signed = signedIn(fieldsOf(called));
    return {
      index,
      id: stringOf(id),
      name: stringOf(name),
      arguments: isObject(args) ? JSON.stringify(args) : stringOf(args),
      signed: { ...signedIn(piece), ...(hasContent(signed) && { function: signed }) },
      isWhole,
    };
  });
}

/** Null for values that are not token counts. */
function toUsage(given: unknown): ModelUsage | null {
  const usage = fieldsOf(given);
  const prompt = fieldsOf(usage['prompt_tokens_details']);
  return toldUsage({
    prompt: usage['prompt_tokens'],
    completion: usage['completion_tokens'],
    total: usage['total_tokens'],
    // In this order: OpenAI and most others; DeepSeek; Kimi; Mistral; Anthropic behind LiteLLM.
    cached: [
      prompt['cached_tokens'],
      ...[usage['prompt_cache_hit_tokens'], usage['cached_tokens'], usage['num_cached_tokens']],
      usage['cache_read_input_tokens'],
    ],
    cacheWrite: [
      prompt['cache_write_tokens'], // OpenRouter
      prompt['cache_creation_tokens'],
      usage['cache_creation_input_tokens'],
    ],
    reasoning: [
      fieldsOf(usage['completion_tokens_details'])['reasoning_tokens'],
      usage['reasoning_tokens'], // SGLang
    ],
  });
}

export type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The fields of an object; none of anything else. */
export const fieldsOf = (value: unknown): Fields => (isObject(value) ? value : {});

export const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');
