import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { secondsAfter } from '../../../shared/domain/clock.js';
import { EventCatalogue } from '../../../shared/domain/domain-event.js';
import { JsonObject } from '../../../shared/domain/json.js';
import {
  ToolCallAlreadySettled,
  ToolCallClaimed,
  ToolCallNotClaimed,
  ToolCallNotRequested,
  ToolCallTransitionNotAllowed,
} from './run.errors.js';
import { FileGuard, NewToolCall, ToolCallState, newToolCall, toGuardView } from './tool-call-state.js';
import { ToolCallEvents } from './tool-call.events.js';
import { ToolCallAction, ToolCallEnd, ToolCallStatus, toolCallStatus } from './tool-call.states.js';

/** A tool call of a model. */
export class ToolCall extends AggregateRoot {
  private constructor(private state: ToolCallState) {
    super();
  }

  /** Unknown to the client until it is requested. */
  static create(given: NewToolCall): ToolCall {
    return new ToolCall(newToolCall(given));
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

  get isOpen(): boolean {
    return this.status === 'awaiting_approval' || this.status === 'requested';
  }

  /** Whether the client has not answered in time. The approval to repeat a call has its own deadline. */
  isOverdue(now: Date): boolean {
    const { status, deadlineAt } = this.state;
    return status === 'requested' && deadlineAt !== null && deadlineAt <= now;
  }

  /** Whether a human must allow another execution, because a client that lost its claim may have begun the first. */
  get isReclaimed(): boolean {
    return this.status === 'awaiting_approval' && this.state.attempt > 1;
  }

  /** Whether a client may have begun it. */
  get wasClaimed(): boolean {
    return this.state.claimedBy !== null;
  }

  get isHeld(): boolean {
    return this.holder !== null;
  }

  /** Whether its client has not renewed the claim in time. The claim stays valid until it is released. */
  hasLapsed(now: Date): boolean {
    return this.isHeld && this.state.claimExpiresAt! <= now;
  }

  /** The client that holds the claim. */
  private get holder(): string | null {
    const { status, claimedBy, claimExpiresAt } = this.state;
    return status === 'requested' && claimExpiresAt ? claimedBy : null;
  }

  /** Whether it can be executed only while a client declares its tool. */
  get isDeclared(): boolean {
    return this.state.source === 'client';
  }

  /** When the client has to answer, if it is requested now. @param seconds for tools without a time of their own */
  deadlineFrom(now: Date, seconds: number): Date {
    return secondsAfter(now, this.state.timeoutSeconds ?? seconds);
  }

  /** Replaces the model's arguments with those of the user. */
  edit(args: JsonObject): void {
    this.change({ arguments: args, edited: true });
  }

  /** What the client has to check before it changes the file. */
  guard(guard: FileGuard): void {
    this.change({ guard });
  }

  /** Stores the hash of the client's answer, to recognise a repeat. */
  noteOutcome(outcomeHash: Uint8Array): void {
    this.change({ outcomeHash });
  }

  /** Keeps the user's feedback with the approval; the model reads it with the result. */
  comment(feedback: string): void {
    this.change({ feedback });
  }

  /** Asks the clients to execute it. A reclaimed call keeps its deadline, and is released instead. */
  request(deadlineAt: Date): void {
    if (this.isReclaimed) {
      this.move('request', {});
      return this.tellReleased(false);
    }
    this.move('request', { deadlineAt });
    const { id, toolName, source, agent, subtaskId, guard } = this.state;
    this.recordEvent('tool_call.requested', {
      call_id: id,
      tool_name: toolName,
      source,
      arguments: this.state.arguments as JsonObject, // checked against the schema of its tool
      agent,
      ...(subtaskId && { subtask_id: subtaskId }),
      ...(guard && toGuardView(guard)),
      deadline_at: deadlineAt.toISOString(),
    });
  }

  /**
   * Has one client execute it, or renews its claim.
   * @throws ToolCallClaimed for any other client while the claim holds, ToolCallNotRequested, ToolCallAlreadySettled
   */
  claim(clientId: string, until: Date): void {
    this.requireRequested();
    const { holder } = this;
    if (holder !== null && holder !== clientId) throw new ToolCallClaimed(this.id, holder);
    this.change({ claimedBy: clientId, claimExpiresAt: until });
    if (holder === null) this.recordEvent('tool_call.claimed', { call_id: this.id, client_id: clientId });
  }

  /** Ends the claim. @param needsApproval whether a human decides if another client may execute it */
  release(needsApproval: boolean): void {
    const part = { claimExpiresAt: null, attempt: this.state.attempt + 1 };
    if (needsApproval) this.move('reclaim', part);
    else this.change(part);
    this.tellReleased(needsApproval);
  }

  /**
   * Checks that a client may answer: the holder, or the one that was the last to hold the claim while no other does.
   * Without a claim any client may.
   * @param clientId null if the client sends none
   * @param isClaimNeeded whether a client may answer only what it has claimed
   * @throws ToolCallNotRequested, ToolCallClaimed, ToolCallNotClaimed, ToolCallAlreadySettled
   */
  requireAnswerFrom(clientId: string | null, isClaimNeeded: boolean): void {
    const { claimedBy } = this.state;
    const hasClaimed = clientId !== null && clientId === claimedBy;
    if (this.isReclaimed && hasClaimed) return;
    this.requireRequested();
    if (hasClaimed) return;
    if (this.holder !== null) throw new ToolCallClaimed(this.id, this.holder);
    if (isClaimNeeded) throw new ToolCallNotClaimed(this.id);
  }

  /**
   * Checks that the last claim, which may be gone, is that of the client.
   * @throws ToolCallClaimed, ToolCallNotClaimed, ToolCallAlreadySettled
   */
  requireClaimOf(clientId: string): void {
    this.requireOpen();
    const { holder } = this;
    if (holder !== null && holder !== clientId) throw new ToolCallClaimed(this.id, holder);
    if (this.state.claimedBy !== clientId) throw new ToolCallNotClaimed(this.id);
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

  private requireOpen(): void {
    if (toolCallStatus.isFinal(this.status)) throw new ToolCallAlreadySettled(this.id, this.status);
  }

  private requireRequested(): void {
    this.requireOpen();
    if (this.status === 'awaiting_approval') throw new ToolCallNotRequested(this.id);
  }

  private tellReleased(needsApproval: boolean): void {
    const { id, attempt } = this.state;
    this.recordEvent('tool_call.released', { call_id: id, attempt, needs_approval: needsApproval });
  }

  private settle(action: Exclude<ToolCallAction, 'request' | 'reclaim'>, now: Date): void {
    this.move(action, { settledAt: now, claimExpiresAt: null });
    const { id, toolName, source, status } = this.state;
    this.recordEvent('tool_call.settled', {
      call_id: id,
      tool_name: toolName,
      source,
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
