import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { StoredUsage } from '../../../shared/domain/token-usage.js';
import { MessageParts } from '../../../shared/domain/message-parts.js';

export type MessageRole = 'user' | 'assistant' | 'tool' | 'system';

/** How a tool call has ended that has an answer. */
export type CallOutcome = 'completed' | 'failed' | 'rejected' | 'expired';

/** A model's request to run a tool, as part of its message. */
export interface MessageToolCall {
  readonly callId: string;
  readonly toolName: string;
  /** As the model wrote them; its raw text where that is not JSON. */
  readonly arguments: JsonValue;
}

/** How full the context of the model was with a message of it, in tokens. */
export interface ContextUsage {
  readonly contextTokens: number;
  readonly contextWindow: number;
}

/** Messages of earlier releases lack the size of their context. */
export type MessageUsage = StoredUsage & Partial<ContextUsage>;

/** What a model sent beside text and tool calls. It goes back to that model with the message; clients are shown its text. */
export interface MessageReasoning {
  /** The host of the model's server; empty if it goes back to none. */
  readonly provider: string;
  readonly model: string;
  readonly text: string;
  /** Where in the content its answer begins; unset = 0. */
  readonly offset?: number;
  /** Fields of the provider. */
  readonly opaque: JsonObject;
}

/** A message to be appended to a session. */
export interface NewMessage {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string | null;
  /** Set for the messages of a plan's subtask, which are not part of the main history. */
  readonly subtaskId: string | null;
  /** Set for the messages of a background job, which are not part of it either. */
  readonly jobId: string | null;
  readonly role: MessageRole;
  /** The author, if it is an agent. */
  readonly agent: string | null;
  readonly content: string;
  readonly toolCalls: readonly MessageToolCall[];
  /** For a tool's answer: the call it answers. */
  readonly callId: string | null;
  /** Of that call. Not stored with the message. */
  readonly callStatus?: CallOutcome | null;
  readonly suggestions: readonly string[] | null;
  /** For a model's answer: why it ended; `interrupted` if it was cut off. */
  readonly finishReason: string | null;
  readonly usage: MessageUsage | null;
  readonly reasoning: MessageReasoning | null;
  /** For a tool's answer of which the content has only the beginning and the end: the characters of the whole. */
  readonly truncated: number | null;
  /** What the runtime tells the model beside the content, and clients are not shown; null = nothing. */
  readonly note: string | null;
  /** Null for a message that consists of its content alone. */
  readonly parts: MessageParts | null;
  readonly createdAt: Date;
}

/** A stored message. Never changed. */
export interface Message extends NewMessage {
  /** 1 for the first of its session. */
  readonly position: number;
  /** What it counts for in a prompt, estimated; null for a message of an earlier release that is not counted yet. */
  readonly tokens: number | null;
}

/** A message of an agent. */
export interface SpokenMessage extends NewMessage {
  readonly agent: string;
  readonly finishReason: string;
}

/** A message of which only deltas are stored. */
export type UnfinishedMessage = Pick<
  SpokenMessage,
  'agent' | 'subtaskId' | 'jobId' | 'content' | 'reasoning'
>;

/** The reasoning of an answer that broke off: it is shown, and goes back to no model, which would miss its signatures. */
export const brokenReasoning = (text: string): MessageReasoning | null =>
  text === '' ? null : { provider: '', model: '', text, opaque: {} };

const NOTHING = {
  runId: null,
  subtaskId: null,
  jobId: null,
  agent: null,
  toolCalls: [],
  callId: null,
  suggestions: null,
  finishReason: null,
  usage: null,
  reasoning: null,
  truncated: null,
  note: null,
  parts: null,
} as const;

/** Fills in defaults for the fields that most messages do not use. */
export const newMessage = <
  Given extends Pick<NewMessage, 'id' | 'sessionId' | 'role' | 'content' | 'createdAt'> & Partial<NewMessage>,
>(
  given: Given,
): NewMessage & Given => ({ ...NOTHING, ...given });
