import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly content: string; readonly callId: string };

export interface ModelToolCall {
  /** In an answer: the provider's; in a request: ours. */
  readonly callId: string;
  readonly toolName: string;
  /** As the model wrote it; not always JSON. */
  readonly arguments: string;
}

/** What a model is told of a tool. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
}

export interface ModelRequest {
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  /** How often it was sent before; unset = never. */
  readonly retry?: number;
  /** Asks for JSON of this schema instead of text. */
  readonly responseFormat?: { readonly name: string; readonly schema: JsonObject };
}

export interface ModelUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface ModelAnswer {
  readonly content: string;
  readonly toolCalls: readonly ModelToolCall[];
  readonly finishReason: string;
  /** Null where the provider does not tell. */
  readonly usage: ModelUsage | null;
  /** From sending the request to the first piece of the answer. */
  readonly firstTokenMs: number;
}

/** What can go wrong with a call, and whether another try may bring what this one did not. */
const MAY_PASS = {
  'model.unavailable': true,
  'model.circuit_open': true,
  'model.connect_timeout': true,
  'model.idle_timeout': true,
  'model.unauthorized': false,
  'model.not_found': false,
  'model.rate_limited': true,
  'model.quota_exceeded': false,
  'model.request_refused': false,
  'model.server_error': true,
  'model.malformed_answer': true,
  'model.stream_cut': true,
  'model.answer_too_long': false,
} as const;

export type ModelErrorCode = keyof typeof MAY_PASS;

export const MODEL_ERROR_CODES = Object.keys(MAY_PASS) as ModelErrorCode[];

/** Whether a failure with this code is one of a model's that may pass by itself. */
export const isPassing = (code: string): boolean => code in MAY_PASS && MAY_PASS[code as ModelErrorCode];

/** A call that brought no whole answer. The message is made for clients: no word of the provider's. */
export class ModelError extends DomainError {
  readonly kind = 'unavailable';

  constructor(
    readonly code: ModelErrorCode,
    message: string,
    /** How long to wait before another try, where that is known: by the provider's word, or until it is asked again. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }

  /** Whether another try may bring what this one did not. */
  get retryable(): boolean {
    return isPassing(this.code);
  }
}

/** Who hears an answer while it is made. */
export interface ModelListener {
  /** Each piece of text; never an empty one. */
  onText(text: string): void;
  /** The first tool call of the answer, each time more of its arguments is there. */
  onFirstCall?(toolName: string, argumentsSoFar: string): void;
}

/**
 * A model that answers piece by piece. One call is one request: trying again is the caller's decision, who knows what
 * has been shown already.
 */
export abstract class LanguageModel {
  /**
   * Asks, and lets the listener hear the answer as it comes.
   * @param signal ends the request; the call then rejects with the signal's reason
   * @throws ModelError
   * @throws UnitOfWorkMisuse inside a unit of work
   */
  abstract answer(request: ModelRequest, listener: ModelListener, signal: AbortSignal): Promise<ModelAnswer>;
}
