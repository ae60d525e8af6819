import { PROTOCOLS } from '../../../src/modules/models/infrastructure/protocols.js';

/** A part of what a model says, as text in pieces; one of them is one item of a response. */
export type Step =
  | { readonly text: readonly string[] }
  | { readonly thought: readonly string[] }
  | { readonly refusal: readonly string[] }
  /** The tool, and its arguments in pieces. */
  | { readonly call: string; readonly args: readonly string[] }
  | { readonly end: 'stop' | 'length' | 'content_filter' };

/** An error as providers describe it. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

export const USAGE = {
  promptTokens: 21,
  completionTokens: 13,
  cachedTokens: 5,
  cacheWriteTokens: 0,
  reasoningTokens: 3,
  costMicros: null,
  estimated: false,
};

/** The sealed reasoning of a thought. */
export const sealed = (thought: string): string => `sealed(${thought})`;

/** A line of a conversation, whatever the protocol: the role, its text, and the id of a call. */
export type Line = readonly [
  role: 'system' | 'user' | 'assistant' | 'thought' | 'call' | 'result',
  text: string,
  id?: string,
];

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: object;
}

/** A model server by its protocol: what it sends, and how it understands what is sent. */
export interface ProtocolServer {
  readonly api: keyof typeof PROTOCOLS;
  readonly path: string;
  /** An answer as server-sent events. */
  stream(...steps: readonly Step[]): string;
  /** An answer as one document. */
  document(...steps: readonly Step[]): string;
  /** An event that reports an error. */
  error(fault: Fault): string;
  /** An event that says nothing of the answer. */
  readonly keepAlive: string;
  conversationIn(body: string): Line[];
  toolsIn(body: string): Tool[];
  formatIn(body: string): string | undefined;
}

export const event = (data: object | string): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

/** The id of the n-th call of an answer. */
export const callId = (n: number): string => `call_${n}`;
