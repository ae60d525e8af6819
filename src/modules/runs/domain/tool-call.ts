import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { EventCatalogue } from '../../../shared/domain/domain-event.js';
import { JsonObject, JsonValue } from '../../../shared/domain/json.js';
import { ToolCallTransitionNotAllowed } from './run.errors.js';
import { ToolCallEvents } from './tool-call.events.js';
import { ToolCallAction, ToolCallEnd, ToolCallStatus, toolCallStatus } from './tool-call.states.js';

export interface ToolCallState {
  readonly id: string;
  readonly sessionId: string;
  readonly runId: string;
  readonly messageId: string;
  /** The subtask of a plan that the call belongs to. */
  readonly subtaskId: string | null;
  readonly agent: string;
  /** As the model wrote it; a tool of that name may not exist. */
  readonly toolName: string;
  /** The arguments to execute. */
  readonly arguments: JsonValue;
  /** Whether the user changed the arguments before approving the call. */
  readonly edited: boolean;
  /** What the user said with the approval. */
  readonly feedback: string | null;
  readonly status: ToolCallStatus;
  /** The deadline for the client's answer; null before the call is requested. */
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
  /** Of what the client sent; null for calls that it did not answer, or answered to an earlier release. */
  readonly outcomeHash: Uint8Array | null;
}

export type NewToolCall = Omit<
  ToolCallState,
  'edited' | 'feedback' | 'status' | 'deadlineAt' | 'settledAt' | 'outcomeHash'
>;

/** A tool call of a model. */
export class ToolCall extends AggregateRoot {
  private constructor(private state: ToolCallState) {
    super();
  }

  /** Unknown to the client until it is requested. */
  static create(given: NewToolCall): ToolCall {
    return new ToolCall({
      ...given,
      edited: false,
      feedback: null,
      status: 'awaiting_approval',
      deadlineAt: null,
      settledAt: null,
      outcomeHash: null,
    });
  }

  static restore(state: ToolCallState): ToolCall {
    return new ToolCall(state);
  }

  snapshot(): ToolCallState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get status(): ToolCallStatus {
    return this.state.status;
  }

  isOverdue(now: Date): boolean {
    return this.state.deadlineAt !== null && this.state.deadlineAt <= now;
  }

  /** Replaces the model's arguments with those of the user. */
  edit(args: JsonObject): void {
    this.change({ arguments: args, edited: true });
  }

  /** Notes what the client sent, to know it again. */
  noteOutcome(outcomeHash: Uint8Array): void {
    this.change({ outcomeHash });
  }

  /** Keeps what the user says with the approval, for the model to read beside the result. */
  comment(feedback: string): void {
    this.change({ feedback });
  }

  /** Asks the client to execute it. */
  request(deadlineAt: Date): void {
    this.move('request', { deadlineAt });
    const { id, toolName, agent, subtaskId } = this.state;
    this.recordEvent('tool_call.requested', {
      call_id: id,
      tool_name: toolName,
      arguments: this.state.arguments as JsonObject, // checked against the schema of its tool
      agent,
      ...(subtaskId && { subtask_id: subtaskId }),
      deadline_at: deadlineAt.toISOString(),
    });
  }

  complete(now: Date): void {
    this.settle('complete', now);
  }

  fail(now: Date): void {
    this.settle('fail', now);
  }

  reject(now: Date): void {
    this.settle('reject', now);
  }

  expire(now: Date): void {
    this.settle('expire', now);
  }

  cancel(now: Date): void {
    this.settle('cancel', now);
  }

  /** Cancels a call that the client has never seen, so that no event is recorded. */
  discard(now: Date): void {
    this.move('cancel', { settledAt: now });
  }

  private settle(action: Exclude<ToolCallAction, 'request'>, now: Date): void {
    this.move(action, { settledAt: now });
    const { id, toolName, status } = this.state;
    this.recordEvent('tool_call.settled', {
      call_id: id,
      tool_name: toolName,
      status: status as ToolCallEnd,
    });
  }

  private move(action: ToolCallAction, part: Partial<ToolCallState>): void {
    const status = toolCallStatus.next(this.state.status, action);
    if (!status) throw new ToolCallTransitionNotAllowed(this.id, action, this.state.status);
    this.change({ ...part, status });
  }

  private recordEvent<Type extends keyof ToolCallEvents>(type: Type, data: EventCatalogue[Type]): void {
    const { sessionId, runId } = this.state;
    this.record<Type>({ type, sessionId, runId, data });
  }

  private change(part: Partial<ToolCallState>): void {
    this.state = { ...this.state, ...part };
  }
}
