import { JsonValue } from '../../../shared/domain/json.js';

export type MessageRole = 'user' | 'assistant' | 'tool' | 'system';

/** A model's wish to run a tool, as part of its message. */
export interface MessageToolCall {
  readonly callId: string;
  readonly toolName: string;
  /** An object, or the model's own words where they are not JSON. */
  readonly arguments: JsonValue;
}

export interface MessageUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** An entry to be appended to a session. */
export interface NewMessage {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string | null;
  /** Said while a subtask of a plan was carried out: not part of the session's main history. */
  readonly subtaskId: string | null;
  /** Said by a job in the background: not part of it either. */
  readonly jobId: string | null;
  readonly role: MessageRole;
  /** Who speaks, where an agent does. */
  readonly agent: string | null;
  readonly content: string;
  readonly toolCalls: readonly MessageToolCall[];
  /** Of a tool's answer: the call it answers. */
  readonly callId: string | null;
  readonly suggestions: readonly string[] | null;
  /** Of a model's answer: why it ended; `interrupted` for one that was cut. */
  readonly finishReason: string | null;
  readonly usage: MessageUsage | null;
  readonly createdAt: Date;
}

/** An entry of a session. Never changed once it is there. */
export interface Message extends NewMessage {
  /** 1 for the first of its session. */
  readonly position: number;
}

/** An entry of an agent. */
export interface SpokenMessage extends NewMessage {
  readonly agent: string;
  readonly finishReason: string;
}

/** A message of which only pieces are there. */
export type UnfinishedMessage = Pick<SpokenMessage, 'agent' | 'subtaskId' | 'jobId' | 'content'>;

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
} as const;

/** Fills in what most messages do not have. */
export const newMessage = <
  Given extends Pick<NewMessage, 'id' | 'sessionId' | 'role' | 'content' | 'createdAt'> & Partial<NewMessage>,
>(
  given: Given,
): NewMessage & Given => ({ ...NOTHING, ...given });
