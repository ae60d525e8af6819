/** The part of the server's contract that the demo uses; see `openapi.json` for all of it. */

export interface Session {
  readonly id: string;
}

export interface Usage {
  readonly model_calls: number;
  readonly total_tokens: number;
}

export interface Run {
  readonly id: string;
  readonly status: string;
  readonly agent: string;
  readonly usage: Usage;
}

export interface Message {
  readonly id: string;
  readonly role: 'user' | 'assistant' | 'tool' | 'system';
  readonly agent: string | null;
  readonly content: string;
  readonly call_id: string | null;
  readonly finish_reason: string | null;
}

export interface List<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export type Input =
  | { readonly type: 'user_message'; readonly content: string }
  | ({ readonly type: 'tool_result'; readonly call_id: string } & ToolOutcome);

export type ToolOutcome = { readonly result: unknown } | { readonly error: string };

interface Event<Type extends string, Data> {
  readonly id: string;
  readonly type: Type;
  readonly run_id: string | null;
  readonly data: Data;
}

export type SessionEvent =
  | Event<'run.started', { agent: string }>
  | Event<'agent.switched', { from: string; to: string; reason: string; confidence?: string }>
  | Event<'message.created', { message: Message }>
  | Event<'message.started', { message_id: string; agent: string }>
  | Event<'message.delta', { message_id: string; offset: number; text: string }>
  | Event<'message.completed', { message_id: string; content: string }>
  | Event<'message.discarded', { message_id: string; reason: string }>
  | Event<'tool_call.requested', { call_id: string; tool_name: string; arguments: Record<string, unknown> }>
  | Event<'run.finished', { status: string; error?: { message: string }; usage: Usage; duration_ms: number }>;

/** What an event of this type carries. */
export type DataOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>['data'];
