import { DomainError } from '../../../shared/domain/domain-error.js';
import { JsonObject } from '../../../shared/domain/json.js';
import { TokenUsage } from '../../../shared/domain/token-usage.js';

/** An image beside the text of a message, which names it. */
export interface ModelImage {
  /** A data URL, in the form in which requests carry it: made once, since it may be 10 MB long. */
  readonly url: string;
}

export type ModelMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string; readonly images?: readonly ModelImage[] }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls: readonly ModelToolCall[];
      /** Sent to the model that it came from, and to no other. */
      readonly reasoning?: ModelReasoning | null;
    }
  | {
      readonly role: 'tool';
      readonly content: string;
      readonly callId: string;
      readonly images?: readonly ModelImage[];
    };

export interface ModelToolCall {
  /** In an answer: the provider's id; in a request: the runtime's. */
  readonly callId: string;
  readonly toolName: string;
  /** The model's raw text; not always JSON. */
  readonly arguments: string;
  /** In an answer: the arguments end in their middle, as at the output limit. */
  readonly isCutOff?: boolean;
}

/** What a model sends beside text and tool calls, and may want back with the message. */
export interface ModelReasoning {
  /** The host of the model's server; empty if it is not sent back. */
  readonly provider: string;
  readonly model: string;
  /** Empty if the provider only sends it encrypted. */
  readonly text: string;
  /** The position in the content where its answer begins, if it continues an answer that was cut off; unset = 0. */
  readonly offset?: number;
  /** Fields of the provider, in the form of its adapter. */
  readonly opaque: JsonObject;
}

/** A tool as it is described to a model. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject;
}

/** Fields of a request that an answer can do without: strict servers and some models refuse them. */
export const OPTIONAL_FIELDS = ['cacheKey', 'temperature'] as const satisfies readonly (keyof ModelRequest)[];

export type OptionalField = (typeof OPTIONAL_FIELDS)[number];

export interface ModelRequest {
  /** The id of the model; to the client of a provider, the name that it has there. */
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  /** The number of earlier attempts; unset = none. */
  readonly retry?: number;
  /** Requests JSON of this schema instead of text. */
  readonly responseFormat?: { readonly name: string; readonly schema: JsonObject };
  /** How much the model should reason; left out if it does not know the word. */
  readonly reasoningEffort?: string;
  /** Left out for models that reason, and after a refusal; unset = the provider decides. */
  readonly temperature?: number;
  /** The size of the request, if more than its text is known. */
  readonly promptTokens?: number;
  /** Names the conversation: requests with the same beginning are cheaper and faster at a server that has them in its cache. */
  readonly cacheKey?: string;
  /** The most tokens of the answer; unset = the provider decides. Set for the client of a provider. */
  readonly maxOutputTokens?: number;
  /** Whether another model can answer: then the call does not wait for the trial call of a half-open circuit. */
  readonly hasFallback?: () => boolean;
  /** The limit until the first piece of the answer; unset = the setting. Set for the client of a provider. */
  readonly firstTokenTimeoutSeconds?: number;
}

/** The tokens and cost of a call. Without a cost until the prices of its model are known. */
export interface ModelUsage extends TokenUsage {
  /** Of the prompt: what the provider has written to its cache; unset = 0. */
  readonly cacheWriteTokens?: number;
}

export interface ModelAnswer {
  readonly content: string;
  readonly toolCalls: readonly ModelToolCall[];
  readonly finishReason: string;
  readonly reasoning: ModelReasoning | null;
  /** Null if the provider does not report it. */
  readonly usage: ModelUsage | null;
  /** From the begin of the call to the first piece of the answer: text, reasoning or a part of a call. */
  readonly firstTokenMs: number;
}

const UNLIMITED = Infinity;

/** The failures of a call, and how often the same request is worth a retry. */
const RETRIES = {
  'model.unavailable': UNLIMITED,
  'model.circuit_open': UNLIMITED,
  'model.connect_timeout': UNLIMITED,
  'model.first_token_timeout': 1, // each takes minutes
  'model.idle_timeout': UNLIMITED,
  'model.unauthorized': 0,
  'model.not_found': 0,
  'model.rate_limited': UNLIMITED,
  'model.quota_exceeded': 0,
  'model.request_refused': 0,
  'model.context_exceeded': 0,
  'model.content_filtered': 0,
  'model.server_error': UNLIMITED,
  'model.malformed_answer': UNLIMITED,
  'model.empty_answer': 1,
  'model.stream_cut': UNLIMITED,
  'model.answer_too_long': 0,
} as const;

export type ModelErrorCode = keyof typeof RETRIES;

export const MODEL_ERROR_CODES = Object.keys(RETRIES) as ModelErrorCode[];

/** Whether the code is a model failure after which a retry may succeed. */
export const isPassing = (code: string): boolean => code in RETRIES && RETRIES[code as ModelErrorCode] > 0;

/** What is known of a failure besides its code. */
export interface FailureFacts {
  /** The delay before a retry, if known: from the provider, or until the circuit lets a call pass. */
  readonly retryAfterMs?: number | undefined;
  /** The HTTP status of the provider. */
  readonly status?: number | undefined;
  /** The provider's name of the failure: at most 64 characters of `[a-z0-9_.-]`. */
  readonly providerCode?: string | undefined;
  /** The provider's text names the reasoning in the conversation, which it refuses or lacks. */
  readonly isAboutReasoning?: boolean;
  /** The provider's text speaks of the limit of the answer. */
  readonly isAboutOutputLimit?: boolean;
  /** Fields of the request that the provider refuses by their names, and that an answer can do without. */
  readonly refusedFields?: readonly OptionalField[];
  /** The tool that the provider refuses: its place in the request, from 0. */
  readonly toolPlace?: number | undefined;
  /** The same by its name, as the provider's text has it. */
  readonly toolName?: string | undefined;
  /** The same request would fail again, although others with this code may not. */
  readonly isFinal?: boolean;
}

/** A call without a complete answer. The message is for clients and has no text of the provider. */
export class ModelError extends DomainError {
  readonly kind = 'unavailable';

  constructor(
    readonly code: ModelErrorCode,
    message: string,
    readonly facts: FailureFacts = {},
  ) {
    super(message);
  }

  /** How many retries the request is worth. */
  get retries(): number {
    return this.facts.isFinal ? 0 : RETRIES[this.code];
  }

  /** Whether a retry may succeed. */
  get retryable(): boolean {
    return this.retries > 0;
  }

  /** The earliest time for a retry, if known. */
  retryAt(now: Date): Date | undefined {
    const { retryAfterMs } = this.facts;
    return retryAfterMs === undefined ? undefined : new Date(now.getTime() + retryAfterMs);
  }
}

/** Receives an answer while it is streamed. */
export interface ModelListener {
  /** Called with each piece of text; never with an empty one. */
  onText(text: string): void;
  /** Called with each piece of reasoning that may be shown; never with an empty one. */
  onReasoning?(text: string): void;
  /** Called once for each tool call, as soon as its tool is known: the arguments follow, perhaps for a long time. */
  onCall?(toolName: string): void;
  /** Called for the answer's first tool call, each time more of its arguments has arrived. */
  onFirstCall?(toolName: string, argumentsSoFar: string): void;
  /** Called before the call fails, if it has used tokens: reported by the provider, or estimated. */
  onUsed?(usage: ModelUsage): void;
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
