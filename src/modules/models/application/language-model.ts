import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls: readonly ModelToolCall[] }
  | { readonly role: 'tool'; readonly content: string; readonly callId: string };

export interface ModelToolCall {
  /** In an answer: the provider's id; in a request: the runtime's. */
  readonly callId: string;
  readonly toolName: string;
  /** The model's raw text; not always JSON. */
  readonly arguments: string;
}

/** A tool as it is described to a model. */
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
  /** The number of earlier attempts; unset = none. */
  readonly retry?: number;
  /** Requests JSON of this schema instead of text. */
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
  /** Null if the provider does not report it. */
  readonly usage: ModelUsage | null;
  /** From sending the request to the first piece of the answer. */
  readonly firstTokenMs: number;
}

/** The failures of a call, and whether a retry may succeed. */
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

/** Whether the code is a model failure after which a retry may succeed. */
export const isPassing = (code: string): boolean => code in MAY_PASS && MAY_PASS[code as ModelErrorCode];

/** A call without a complete answer. The message is for clients and has no text of the provider. */
export class ModelError extends DomainError {
  readonly kind = 'unavailable';

  constructor(
    readonly code: ModelErrorCode,
    message: string,
    /** The delay before a retry, if known: from the provider, or until the circuit lets a call pass. */
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }

  /** Whether a retry may succeed. */
  get retryable(): boolean {
    return isPassing(this.code);
  }
}

/** Receives an answer while it is streamed. */
export interface ModelListener {
  /** Called with each piece of text; never with an empty one. */
  onText(text: string): void;
  /** Called for the answer's first tool call, each time more of its arguments has arrived. */
  onFirstCall?(toolName: string, argumentsSoFar: string): void;
}

/**
 * A model that streams its answers. One call is one request: retries are up to the caller, which knows what users have
 * already seen.
 */
export abstract class LanguageModel {
  /**
   * Sends the request and passes the answer to the listener as it arrives.
   * @param signal ends the request; the call then rejects with the signal's reason
   * @throws ModelError
   * @throws UnitOfWorkMisuse inside a unit of work
   */
  abstract answer(request: ModelRequest, listener: ModelListener, signal: AbortSignal): Promise<ModelAnswer>;
}
