import { AggregateRoot } from '../../../shared/domain/aggregate-root.js';
import { elapsedMs } from '../../../shared/domain/clock.js';
import { DomainEvent, EventCatalogue } from '../../../shared/domain/domain-event.js';
import { Lease, LeaseLost, MAX_RECOVERIES } from '../../../shared/domain/lease.js';
import { TokenUsage, callUsageView } from '../../../shared/domain/token-usage.js';
import { AnsweringAgent, MAX_SWITCHES, ModelChoice, ModelSwitch, answeredBy, chosen } from './answering.js';
import { Classification } from './classification.js';
import { withoutSteer } from './queued-input.js';
import { RunError, errorView } from './run-failure.js';
import { COMPLETION, FAILURE, PhaseEvent, runPhase } from './run-phase.states.js';
import { NewRun, RunState, WaitingFor, newRun } from './run-state.js';
import { unknownCallsOf, withModelCall, withTokens, withUnknownCalls } from './run-usage.js';
import { RunTransitionNotAllowed } from './run.errors.js';
import { RunEvents } from './run.events.js';
import { FinalRunStatus, RUN_ENDINGS, RunAction, RunEnding, runStatus } from './run.states.js';
import { SteerEvents } from './steer.events.js';

/** Consecutive replies with invalid tool calls; one more ends the run. */
const MAX_INVALID_REPLIES = 3;

/** How a run becomes active. */
export interface Activation {
  readonly agent: AnsweringAgent;
  /** The choice of the session; it applies if the message has none. */
  readonly choice: ModelChoice;
  /** The digest of the tools that clients declare now; unset = the run uses none. */
  readonly toolsDigest?: string | null;
  /** The digest of the present workspace of the session; unset = none. */
  readonly workspaceDigest?: string | null;
  /** Whether the agent is to be chosen, is known already, or retries a plan. */
  readonly entry: 'receive_message' | 'receive_directed_message' | 'retry_plan';
  readonly lease: Lease;
  readonly now: Date;
}

/** The processing of one user input: orchestration until a final state. */
export class Run extends AggregateRoot {
  /** The end of a run whose event is not recorded yet. */
  #ending: FinalRunStatus | undefined;

  private constructor(private state: RunState) {
    super();
  }

  static create(given: NewRun): Run {
    return new Run(newRun(given));
  }

  static restore(state: RunState): Run {
    return new Run(state);
  }

  activate({
    agent,
    choice,
    toolsDigest = null,
    workspaceDigest = null,
    entry,
    lease,
    now,
  }: Activation): void {
    this.moveStatus('start');
    const choices = chosen(this.state, choice);
    this.change({ input: null, startedAt: now, toolsDigest, workspaceDigest, ...choices });
    this.answerAs(agent);
    this.setLease(lease);
    this.recordEvent('run.started', { agent: agent.id, trigger: this.state.trigger });
    this.movePhase(entry);
  }

  /** Another process takes it over, from its last recorded step. */
  recover(lease: Lease): void {
    const { attempt, recoveries, leaseToken } = this.state;
    // A released lease does not count: its process has not died in this step.
    this.change({ attempt: attempt + 1, recoveries: leaseToken === null ? recoveries : recoveries + 1 });
    this.setLease(lease);
  }

  /** Whether it was recovered too often: its next step may be what crashes processes. */
  get isExhausted(): boolean {
    return this.state.recoveries > MAX_RECOVERIES;
  }

  /** @param token null for a process that has no lease. @throws LeaseLost */
  requireLease(token: string | null): void {
    if (token === null || this.state.leaseToken !== token) throw new LeaseLost(`run ${this.id}`);
  }

  snapshot(): RunState {
    return this.state;
  }

  get id(): string {
    return this.state.id;
  }

  get agent(): string {
    return this.state.agent;
  }

  get isFinal(): boolean {
    return runStatus.isFinal(this.state.status);
  }

  get isCancelRequested(): boolean {
    return this.state.cancelRequestedAt !== null;
  }

  /** Records the classification, and switches to the agent for it. */
  classify(result: Classification, agent: AnsweringAgent): void {
    this.change({ recoveries: 0 });
    if (result.isAtomic) {
      this.movePhase('is_atomic_true', result.reason);
    } else {
      this.movePhase('is_atomic_false', result.reason);
      this.movePhase('route_to_architect');
    }
    this.switchTo(agent);
  }

  get maySwitchAgent(): boolean {
    return this.state.switches < MAX_SWITCHES;
  }

  /** Continues with another agent. */
  switchTo(agent: AnsweringAgent): void {
    this.change({ switches: this.state.switches + 1 });
    this.answerAs(agent);
  }

  /** Continues with another model, since the one that answered has failed. @param reason the code of its failure */
  switchModel({ from, to }: ModelSwitch, reason: string): void {
    this.change({ model: to, modelSwitches: [...this.state.modelSwitches, { from, to }] });
    this.recordEvent('model.switched', { from, to, reason });
  }

  /** Whether another model call is allowed. */
  mayCallModel(limit: number): boolean {
    return this.state.usage.modelCalls < limit;
  }

  countModelCall(): void {
    this.change({ usage: withModelCall(this.state.usage) });
  }

  addUsage(used: TokenUsage | null): void {
    this.change({ usage: withTokens(this.state.usage, used) });
  }

  /** Counts model calls that ended without a known usage. */
  loseModelCalls(count: number): void {
    if (count > 0) this.change({ usage: withUnknownCalls(this.state.usage, count) });
  }

  /** Counts consecutive invalid replies; `false` if there are too many. */
  countReply(validity: 'valid' | 'invalid'): boolean {
    const invalidReplies = validity === 'valid' ? 0 : this.state.invalidReplies + 1;
    this.change({ invalidReplies, recoveries: 0 });
    return invalidReplies <= MAX_INVALID_REPLIES;
  }

  /** Waits for a human to decide on the plan. */
  reviewPlan(planId: string): void {
    this.change({ planId });
    this.movePhase('plan_created');
    this.wait([{ kind: 'plan_decision', id: planId }]);
  }

  /** The plan is approved: executes it. */
  executePlan(lease: Lease): void {
    this.resume('plan_decision', lease);
    this.movePhase('plan_approved');
  }

  /** A human wants changes: the architect plans again. */
  planAgain(reason: string | undefined, lease: Lease): void {
    this.resume('plan_decision', lease);
    this.movePhase('plan_modification_requested', reason);
  }

  /** Starts or restarts a subtask of the plan. */
  workAs(agent: AnsweringAgent): void {
    this.change({ invalidReplies: 0, recoveries: 0 });
    this.answerAs(agent);
  }

  /** Retries a failed subtask. */
  retrySubtask(reason: string): void {
    this.movePhase('plan_execution_failed', reason);
    this.movePhase('retry_subtask', reason);
  }

  wait(waitingFor: WaitingFor[]): void {
    this.moveStatus('wait');
    this.setLease(null);
    this.updateWaiting(waitingFor);
  }

  /** Changes what the run waits for, when one of several answers has arrived. */
  updateWaiting(waitingFor: WaitingFor[]): void {
    this.change({ waitingFor });
    this.recordEvent('run.waiting', { for: waitingFor });
  }

  resume(by: string, lease: Lease): void {
    this.moveStatus('resume');
    this.change({ waitingFor: [], recoveries: 0 });
    this.setLease(lease);
    this.recordEvent('run.resumed', { by });
  }

  complete(now: Date, reason?: string): void {
    const event = COMPLETION[this.state.phase];
    if (!event) throw this.refusal('complete', this.state.phase, runPhase.actions(this.state.phase));
    this.movePhase(event, reason);
    this.finish('complete', null, now);
  }

  fail(error: RunError, now: Date): void {
    this.giveUp(error.code);
    this.finish('fail', error, now);
  }

  exhaustModelCalls(limit: number, now: Date): void {
    this.giveUp('run.model_call_limit');
    const message = `The run has used up its ${limit} model calls`;
    this.finish('exhaust_model_calls', { code: 'run.model_call_limit', message }, now);
  }

  /** Ends the run because its process is shut down. */
  interrupt(now: Date): void {
    this.giveUp('run.interrupted');
    this.finish('interrupt', { code: 'run.interrupted', message: 'The server was stopped' }, now);
  }

  /** Asks the executing process to end the run. */
  requestCancel(now: Date): void {
    this.change({ cancelRequestedAt: now });
  }

  /** Takes back a part of the message of a queued run. Without another part the run is cancelled. */
  withdrawSteer(steerId: string, now: Date): void {
    const input = withoutSteer(this.state.input, steerId);
    if (!input) return this.cancel(now);
    this.change({ input });
    this.recordEvent('steer.withdrawn', { steer_id: steerId });
  }

  cancel(now: Date): void {
    this.giveUp('cancelled');
    this.finish('cancel', null, now);
  }

  private answerAs(agent: AnsweringAgent): void {
    this.change(answeredBy(agent, this.state));
  }

  private giveUp(reason: string): void {
    const event = FAILURE[this.state.phase];
    if (event) this.movePhase(event, reason);
    if (this.state.phase === 'error_handling') this.movePhase('give_up', reason);
  }

  private finish(ending: RunEnding, error: RunError | null, now: Date): void {
    this.moveStatus(ending);
    for (const { id } of this.state.input?.steers ?? [])
      this.recordEvent('steer.withdrawn', { steer_id: id });
    this.change({ error, finishedAt: now, waitingFor: [], input: null });
    this.setLease(null);
    this.#ending = RUN_ENDINGS[ending];
  }

  /** The last event of a run: closing the run may still cancel calls of it. */
  override pullEvents(): DomainEvent[] {
    if (this.#ending) this.recordEnd(this.#ending);
    this.#ending = undefined;
    return super.pullEvents();
  }

  private recordEnd(status: FinalRunStatus): void {
    const { error, usage, createdAt, finishedAt } = this.state;
    this.recordEvent('run.finished', {
      status,
      ...(error && { error: errorView(error) }),
      usage: callUsageView(usage),
      unknown_calls: unknownCallsOf(usage),
      duration_ms: elapsedMs(createdAt, finishedAt ?? createdAt),
    });
  }

  private moveStatus(action: RunAction): void {
    const status = runStatus.next(this.state.status, action);
    if (!status) throw this.refusal(action, this.state.status, runStatus.actions(this.state.status));
    this.change({ status });
  }

  private movePhase(event: PhaseEvent, reason?: string): void {
    const from = this.state.phase;
    const to = runPhase.next(from, event);
    if (!to) throw this.refusal(event, from, runPhase.actions(from));
    this.change({ phase: to });
    this.recordEvent('run.phase_changed', { from, to, event, ...(reason && { reason }) });
  }

  private refusal(what: string, state: string, allowed: readonly string[]): RunTransitionNotAllowed {
    return new RunTransitionNotAllowed(this.id, what, state, allowed);
  }

  private setLease(lease: Lease | null): void {
    this.change({ leaseOwner: lease?.owner ?? null, leaseToken: lease?.token ?? null });
  }

  private recordEvent<Type extends keyof (RunEvents & SteerEvents)>(
    type: Type,
    data: EventCatalogue[Type],
  ): void {
    this.record<Type>({ type, sessionId: this.state.sessionId, runId: this.id, data });
  }

  private change(part: Partial<RunState>): void {
    this.state = { ...this.state, ...part };
  }
}
