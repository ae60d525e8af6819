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
  readonly subtask_id: string | null;
  readonly role: 'user' | 'assistant' | 'tool' | 'system';
  readonly agent: string | null;
  readonly content: string;
  readonly call_id: string | null;
  readonly finish_reason: string | null;
}

export interface Subtask {
  readonly id: string;
  /** 1 for the first. */
  readonly position: number;
  readonly title: string;
  readonly description: string;
  readonly agent: string;
  readonly dependencies: readonly string[];
  readonly estimated_minutes: number | null;
  readonly status: string;
}

export interface Plan {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly version: number;
  readonly subtasks: readonly Subtask[];
}

/** A plan with everything that was done with it. */
export interface PlanRecord extends Plan {
  readonly history: readonly {
    readonly action: string;
    readonly to: string;
    readonly version: number;
    readonly decided_by: string;
  }[];
}

/** Work in the background. */
export interface Job {
  readonly job_id: string;
  readonly status: string;
}

export type SynopsisItem =
  | { readonly kind: 'heading' | 'text' | 'open_question' | 'decision' | 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly entries: readonly string[] };

export interface Synopsis {
  readonly status: string;
  readonly version: number | null;
  readonly title: string | null;
  readonly items: readonly SynopsisItem[] | null;
}

/** A question about a tool call. */
export interface Approval {
  readonly id: string;
  readonly call_id: string;
  readonly tool_name: string;
  readonly subject: string;
  readonly arguments: Record<string, unknown>;
  readonly reason: string;
}

export type PlanVerdict =
  { readonly decision: 'approve' } | { readonly decision: 'reject' | 'modify'; readonly feedback?: string };

export type CallVerdict =
  | { readonly decision: 'approve'; readonly remember?: true }
  | { readonly decision: 'edit'; readonly modified_arguments: Record<string, unknown> }
  | { readonly decision: 'reject'; readonly feedback?: string };

/** Why something was refused. */
export interface Problem {
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

export interface List<Item> {
  readonly data: readonly Item[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export type Input =
  | { readonly type: 'user_message'; readonly content: string }
  | ({ readonly type: 'tool_result'; readonly call_id: string } & ToolOutcome)
  | ({ readonly type: 'plan_decision'; readonly plan_id: string; readonly version: number } & PlanVerdict)
  | ({ readonly type: 'hitl_decision'; readonly call_id: string } & CallVerdict);

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
  | Event<'run.phase_changed', { from: string; to: string; event: string }>
  | Event<'message.created', { message: Message }>
  | Event<'message.started', { message_id: string; agent: string; subtask_id?: string }>
  | Event<'message.delta', { message_id: string; offset: number; text: string }>
  | Event<'message.completed', CompletedMessage>
  | Event<'message.discarded', { message_id: string; reason: string }>
  | Event<'tool_call.requested', { call_id: string; tool_name: string; arguments: Record<string, unknown> }>
  | Event<'plan.approval_required', { approval_id: string; plan: Plan }>
  | Event<'subtask.status_changed', { subtask_id: string; from: string; to: string; progress: Progress }>
  | Event<'run.waiting', { for: readonly { kind: string; id: string }[] }>
  | Event<'approval.requested', { approval: Approval }>
  | Event<'job.status_changed', { job_id: string; job_type: string; status: string; duration_ms?: number }>
  | Event<'synopsis.updated', { version: number }>
  | Event<'run.finished', { status: string; error?: { message: string }; usage: Usage; duration_ms: number }>;

interface CompletedMessage {
  readonly message_id: string;
  readonly subtask_id?: string;
  readonly content: string;
  /** Null where no model spoke: the runtime's own words. */
  readonly usage: object | null;
}

export interface Progress {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** What an event of this type carries. */
export type DataOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>['data'];
